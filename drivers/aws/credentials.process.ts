// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
import { execFile } from 'node:child_process'
import type { Env } from './credentials.files.js'
import type { AwsCredentials } from './signature.js'

/** Milliseconds that a program may take: some ask somebody. */
const PATIENCE = 60_000

/** What programs and metadata services answer. */
export interface RawCredentials {
  readonly AccessKeyId?: unknown
  readonly SecretAccessKey?: unknown
  readonly SessionToken?: unknown
  readonly Token?: unknown
  readonly Expiration?: unknown
}

/** Credentials as programs and metadata services write them. */
export function toCredentials(raw: RawCredentials, where: string): AwsCredentials {
  const { AccessKeyId: key, SecretAccessKey: secret, Expiration: end } = raw
  const sessionToken = raw.SessionToken ?? raw.Token
  if (typeof key !== 'string' || typeof secret !== 'string' || !key || !secret) {
    throw new Error(`${where} gave no AccessKeyId and SecretAccessKey`)
  }
  const expiration = typeof end === 'string' || typeof end === 'number' ? new Date(end) : undefined
  if (expiration && Number.isNaN(expiration.getTime())) throw new Error(`${where} gave an Expiration that is no date`)
  return { key, secret, sessionToken: typeof sessionToken === 'string' ? sessionToken : undefined, expiration }
}

/** Reads JSON without showing it when it is none. */
export function parseJson<T>(text: string, where: string): T {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as T
  } catch {
    // said below
  }
  throw new Error(`${where} gave no JSON`)
}

/** Runs a program, without a shell. */
export async function processCredentials(command: string, profile: string, env: Env): Promise<AwsCredentials> {
  const where = `the credential_process of the profile '${profile}'`
  const [file, ...args] = splitCommand(command, where)
  if (file === undefined) throw new Error(`${where} is empty`)
  const options = { timeout: PATIENCE, maxBuffer: 1024 * 1024, env: env as NodeJS.ProcessEnv, windowsHide: true }
  // What it prints to either stream may be a secret.
  const text = await new Promise<string>((resolve, reject) => {
    const child = execFile(file, args, options, (error, stdout) => {
      if (!error) resolve(stdout)
      else if (error.killed) reject(new Error(`${where} took longer than ${PATIENCE / 1000} s`))
      else
        reject(
          new Error(
            `${where} ${typeof error.code === 'number' ? `ended with ${error.code}` : `failed (${error.code})`}`,
          ),
        )
    })
    child.stdin?.end()
  })
  const raw = parseJson<RawCredentials & { Version?: unknown }>(text, where)
  if (raw.Version !== 1) throw new Error(`${where} gave another Version than 1`)
  const credentials = toCredentials(raw, where)
  if (credentials.expiration && credentials.expiration.getTime() <= Date.now()) {
    throw new Error(`${where} gave credentials that have ended`)
  }
  return credentials
}

/** Splits a command as a shell would, without its powers: blanks part, quotes hold together, a backslash takes the next. */
export function splitCommand(command: string, where: string): string[] {
  const isWindows = process.platform === 'win32'
  const parts: string[] = []
  let part: string | undefined
  let quote = ''
  for (let at = 0; at < command.length; at++) {
    const char = command[at] as string
    const escapes = isWindows ? quote === '"' && command[at + 1] === '"' : quote !== "'"
    if (char === '\\' && escapes && (quote === '' || isWindows || /["\\]/.test(command[at + 1] ?? ''))) {
      part = (part ?? '') + (command[++at] ?? '')
    } else if (char === quote) quote = ''
    else if (quote === '' && (char === '"' || (char === "'" && !isWindows))) {
      quote = char
      part ??= ''
    } else if (quote === '' && /\s/.test(char)) {
      if (part !== undefined) parts.push(part)
      part = undefined
    } else part = (part ?? '') + char
  }
  if (quote !== '') throw new Error(`${where} has a quote that is not closed`)
  if (part !== undefined) parts.push(part)
  return parts
}
