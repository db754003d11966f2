// Stands between a driver and a real daemon, and keeps what goes over the wire, in the form of fixtures.
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const KEPT = /^(content-type|etag|location|content-disposition|x-lxd-.*)$/
const SENT = /^(accept|content-type|if-match|x-lxd-.*)$/

export interface Recorder {
  readonly port: number
  readonly exchanges: string[]
  close(): void
}

/** Begins to record. The driver gets what the fixture will hold. */
export async function startRecorder(socketPath: string): Promise<Recorder> {
  const exchanges: string[] = []
  const record = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const sent = await collect(incoming)
    const { method = '', url = '', headers } = incoming
    const own = Object.fromEntries(Object.entries(headers).filter(([name]) => SENT.test(name)))
    const { status, reason, reply, body } = await forward(socketPath, method, url, own, sent)
    const type = reply['content-type'] ?? ''
    const shown = type.includes('json') ? pretty(body.toString()) : inFixture(body)
    const kept = Object.entries(reply).filter(([name]) => KEPT.test(name))
    const lines = [
      `${method} ${url} HTTP/1.1`,
      ...Object.entries(own).map(([name, value]) => `${title(name)}: ${value}`),
    ]
    if (sent.length > 0) lines.push('', pretty(sent.toString()))
    lines.push('', `HTTP/1.1 ${status} ${reason}`, ...kept.map(([name, value]) => `${title(name)}: ${value}`))
    if (shown !== '') lines.push('', shown)
    exchanges.push(lines.join('\n'))
    outgoing.writeHead(status, Object.fromEntries(kept)).end(type.includes('json') ? shown : body)
  }
  // A daemon that goes away is one that goes away.
  const proxy = createServer((incoming, outgoing) => void record(incoming, outgoing).catch(() => outgoing.destroy()))
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  const close = (): void => {
    proxy.close()
    proxy.closeAllConnections()
  }
  return { port: (proxy.address() as AddressInfo).port, exchanges, close }
}

interface Forwarded {
  readonly status: number
  readonly reason: string
  readonly reply: Record<string, string>
  readonly body: Buffer
}
function forward(socketPath: string, method: string, path: string, headers: object, sent: Buffer): Promise<Forwarded> {
  return new Promise((resolve, reject) => {
    const own = { ...(headers as Record<string, string>), 'content-length': String(sent.length) }
    const request = ask({ socketPath, method, path, headers: own }, async incoming => {
      const reply = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
      const { statusCode: status = 0, statusMessage: reason = '' } = incoming
      resolve({ status, reason, reply, body: await collect(incoming) })
    })
    request.on('error', reject).end(sent)
  })
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const title = (name: string): string =>
  name.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase()).replace(/^X-Lxd/, 'X-LXD')

/** Lists of hundreds are cut to the first few, and so is what tells of this machine's processor. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text, shorten), undefined, 1)
  } catch {
    return text
  }
}
function shorten(name: string, value: unknown): unknown {
  if (name === 'api_extensions')
    return (value as unknown[]).filter(each => /network_forward|instance_get_full|projects/.test(String(each)))
  if (Array.isArray(value)) return value.slice(0, 4)
  if (name === 'flags' || name === 'kernel_features' || name === 'lxc_features') return undefined
  return value
}

/** Text as it is; anything else in Base64. */
function inFixture(body: Buffer): string {
  const text = body.toString()
  if (Buffer.from(text).equals(body) && !/\0/.test(text)) return text.trimEnd()
  return `< base64:${body.toString('base64')}`
}
