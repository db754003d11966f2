// Others who sign: botocore, where Python has it, and the signer of the AWS SDK for JavaScript, from the benchmarks' packages.
import { spawn, spawnSync } from 'node:child_process'
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { EMPTY_HASH, sha256 } from '../../../drivers/aws/signature.js'
import { queryOf, type SignedRequest } from '../../drivers/aws/signature.requests.js'

const payloadHashOf = ({ kind, body }: SignedRequest): string => (kind === 'headers' ? sha256(body) : EMPTY_HASH)

/** A Python that has botocore. */
export function botocorePython(): string | undefined {
  return ['/usr/bin/python3', 'python3'].find(python => spawnSync(python, ['-c', 'import botocore']).status === 0)
}

/** botocore's version and its signatures. */
export async function botocoreSignatures(
  python: string,
  requests: readonly SignedRequest[],
): Promise<{ version: string; signatures: string[] }> {
  const child = spawn(python, [fileURLToPath(new URL('sign.py', import.meta.url))])
  const [output, errors] = [text(child.stdout), text(child.stderr)]
  const lines = requests.map(each =>
    JSON.stringify({ ...each, queryText: queryOf(each), payloadHash: payloadHashOf(each) }),
  )
  child.stdin.on('error', () => {})
  child.stdin.end(lines.join('\n'))
  const [version = '', ...signatures] = (await output).trim().split('\n')
  if (signatures.length !== requests.length) throw new Error(`botocore: ${await errors}`)
  return { version, signatures }
}

interface SmithySigner {
  sign(request: object, options: object): Promise<{ headers: Record<string, string> }>
  presign(request: object, options: object): Promise<{ query: Record<string, string> }>
}
type SmithyClass = new (options: object) => SmithySigner

/** As that signer wants it. */
class Sha256 {
  readonly #hash: Hash | Hmac
  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret)
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data)
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
}

/** `@smithy/signature-v4`, where it is installed. */
export async function smithySigner(): Promise<((request: SignedRequest) => Promise<string>) | undefined> {
  const packages = fileURLToPath(new URL('../../bench/package.json', import.meta.url))
  if (!existsSync(new URL('node_modules/@smithy/signature-v4', pathToFileURL(packages)))) return undefined
  const load = createRequire(packages)
  const { SignatureV4 } = load('@smithy/signature-v4') as { SignatureV4: SmithyClass }
  return async request => {
    const { kind, method, host, path, query, headers, body, scope, credentials, date, expires } = request
    const values: Record<string, string[]> = {}
    for (const [name, value] of query) values[name] = [...(values[name] ?? []), value]
    const signer = new SignatureV4({
      ...scope,
      credentials: {
        accessKeyId: credentials.key,
        secretAccessKey: credentials.secret,
        sessionToken: credentials.sessionToken,
      },
      sha256: Sha256,
      uriEscapePath: scope.service !== 's3',
      applyChecksum: kind === 'headers',
    })
    const sent = { method, protocol: 'https:', hostname: host, path, query: values }
    const signingDate = new Date(date)
    if (kind === 'query') {
      const signed = await signer.presign({ ...sent, headers: { host } }, { signingDate, expiresIn: expires })
      return signed.query['X-Amz-Signature'] ?? ''
    }
    const all = { ...headers, host, 'x-amz-content-sha256': payloadHashOf(request) }
    const signed = await signer.sign({ ...sent, headers: all, body }, { signingDate })
    return /Signature=([0-9a-f]{64})/.exec(signed.headers['authorization'] ?? '')?.[1] ?? ''
  }
}
