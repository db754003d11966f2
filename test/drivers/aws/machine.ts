// A machine on which credentials are looked for: a folder of its own, an environment of its own, and a service on loopback.
import { createHash, createHmac } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { AwsConnection, type AwsOptions } from '../../../drivers/aws/connection.js'
import { awsOptions } from '../../../drivers/aws/credentials.js'
import { meta } from '../../../drivers/aws/meta.js'
import { connect } from '../../../lib/driver.js'
import { LoadBalancerDriver } from '../../../lib/loadbalancer/driver.js'

export interface Arrived {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
export interface Said {
  readonly status?: number
  readonly body?: string | object
  readonly headers?: Record<string, string>
  /** Says nothing at all. */
  readonly silent?: boolean
}
export type Service = (request: Arrived) => Said | Promise<Said>

export interface Machine {
  readonly home: string
  readonly url: string
  readonly requests: Arrived[]
  serve(service: Service): void
  write(file: string, text: string): string
  env(values: Record<string, string>): void
  close(): Promise<void>
}

export async function startMachine(): Promise<Machine> {
  const before = { ...process.env }
  const home = mkdtempSync(join(tmpdir(), 'libcloud-aws-'))
  for (const name of Object.keys(process.env)) if (/^AWS_|^EUCALYPTUS_|_PROXY$/i.test(name)) delete process.env[name]
  process.env['HOME'] = home
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
  // A busy machine is no reason to fail.
  process.env['AWS_METADATA_SERVICE_TIMEOUT'] = '30'
  const requests: Arrived[] = []
  let service: Service = () => ({ status: 501 })
  const server = createServer(async (incoming, response) => {
    let body = ''
    for await (const chunk of incoming) body += chunk
    const { method = '', url: target = '', headers } = incoming
    const request = { method, target, headers, body }
    requests.push(request)
    const said = await service(request)
    if (said.silent) return
    const text = typeof said.body === 'object' ? JSON.stringify(said.body) : (said.body ?? '')
    response.writeHead(said.status ?? 200, { 'content-length': Buffer.byteLength(text), ...said.headers }).end(text)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    home,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    serve(next) {
      service = next
      requests.length = 0
    },
    write(file, text) {
      const full = join(home, file)
      mkdirSync(dirname(full), { recursive: true })
      writeFileSync(full, text)
      return full
    },
    env(values) {
      Object.assign(process.env, values)
    },
    async close() {
      for (const name of Object.keys(process.env)) if (!Object.hasOwn(before, name)) delete process.env[name]
      Object.assign(process.env, before)
      rmSync(home, { recursive: true, force: true })
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** A driver that has nothing but a connection. */
export class Probe extends LoadBalancerDriver {
  readonly provider = 'probe'
  readonly algorithms = []
  declare readonly connection: AwsConnection
  constructor(options: AwsOptions = {}) {
    super(meta, awsOptions({ retry: false, ...options }, 'probe'))
    const region = this.region ?? 'us-east-1'
    const baseUrl = `https://probe.${region}.amazonaws.com`
    connect(this, new AwsConnection(this, { signingName: 'probe', region, baseUrl }))
  }
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Whether a request to `/` is signed with this secret, for this region and service. */
export function isSigned(request: Arrived, secret: string, region: string, service: string): boolean {
  const { method, target, headers, body } = request
  const [, names = '', signature] =
    /SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? '') ?? []
  const date = String(headers['x-amz-date'])
  const day = date.slice(0, 8)
  const lines = names.split(';').map(name => `${name}:${String(headers[name]).trim()}\n`)
  const canonical = [method, target, '', lines.join(''), names, hash(body)].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', date, scope, hash(canonical)].join('\n')
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), 'aws4_request')
  return signature === hmac(key, text).toString('hex')
}
