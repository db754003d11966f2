// Stands between the driver and the cloud's services, and keeps what goes over the wire as fixtures show it.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Session } from '../../../drivers/openstack/identity.js'
import type { OpenStackOptions } from '../../../drivers/openstack/options.js'
import fixtureOptions from '../../../fixtures/openstack/options.json' with { type: 'json' }

const KEPT = ['content-type', 'retry-after', 'x-openstack-request-id']
const ASKED = ['openstack-api-version', 'accept', 'content-type']

/** What is kept, and when. */
export interface RecorderOptions {
  readonly password: string
  /** Further headers that say something, by the beginnings of their names. */
  readonly headers?: readonly string[] | undefined
  /** Checksums look like ids: then only the project is shown as another. @defaultValue true */
  readonly numbersIds?: boolean | undefined
  /** Awaited before a request is passed on, so that what takes time has happened when it is asked for. */
  readonly before?: ((method: string, url: string) => Promise<void>) | undefined
}

/** One service: where it really is, and where fixtures say that it is. */
interface Place {
  readonly real: URL
  readonly shown: URL
}

/** A cloud whose every exchange is kept. */
export interface Recorder {
  /** Options of a driver whose requests come here. */
  readonly options: OpenStackOptions
  readonly exchanges: string[]
  /** A text with ids, hosts and secrets as fixtures show them. */
  shown(text: string): string
  close(): void
}

const title = (name: string): string => name.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase())

/** Ids differ from cloud to cloud; fixtures number them in the order in which they are met. */
function numbering(): (text: string) => string {
  const known = new Map<string, string>()
  const given = new Set<string>([PROJECT])
  const number = (id: string, form: (count: string) => string): string => {
    if (given.has(id)) return id
    const plain = id.replaceAll('-', '')
    let found = known.get(plain)
    if (found === undefined) {
      found = (known.size + 1).toString(16)
      known.set(plain, found)
    }
    given.add(form(found))
    return form(found)
  }
  return text =>
    text
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, id =>
        number(id, count => `${count.padStart(8, '0')}-0000-4000-8000-000000000000`),
      )
      .replace(/(?<![0-9a-f-])[0-9a-f]{32}(?![0-9a-f-])/g, id => number(id, count => count.padStart(32, '0')))
}

/** The project and the user of the fixtures' options. */
const PROJECT = '0123456789abcdef0123456789abcdef'

export async function startRecorder(
  session: Session,
  services: ReadonlyMap<string, URL>,
  { password, headers: further = [], numbersIds = true, before }: RecorderOptions,
): Promise<Recorder> {
  const tells = (name: string): boolean => further.some(start => name.startsWith(start))
  const servers: Server[] = []
  const exchanges: string[] = []
  const places: Place[] = []
  const numbered = numbering()
  const endpoints: Record<string, string> = {}
  const shown = (text: string): string => {
    let plain = text.replaceAll(session.token, 'test-token').replaceAll(password, 'test-secret')
    for (const place of places) plain = plain.replaceAll(place.real.origin, place.shown.origin)
    for (const [service, url] of Object.entries(endpoints))
      plain = plain.replaceAll(new URL(url).origin, new URL(Reflect.get(fixtureOptions.endpoints, service)).origin)
    // The project's own id stands in paths, which fixtures' options say.
    plain = plain.replaceAll(session.projectId ?? '-', '<project>')
    return (numbersIds ? numbered(plain) : plain).replaceAll('<project>', PROJECT)
  }
  for (const [service, real] of services) {
    const place = { real, shown: new URL(Reflect.get(fixtureOptions.endpoints, service)) }
    places.push(place)
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const sent = Buffer.concat(chunks)
      const { method = '', url = '', headers } = request
      await before?.(method, url)
      const reply = await fetch(real.origin + url, {
        method,
        headers: { ...(headers as Record<string, string>), connection: 'close', host: real.host },
        ...(sent.length > 0 ? { body: sent } : {}),
      })
      const bytes = Buffer.from(await reply.arrayBuffer())
      const body = shown(bytes.toString())
      exchanges.push(toText(place, { method, url, headers, sent }, { reply, body }))
      const told = keptOf(method, reply).map(name => [name, reply.headers.get(name) ?? ''])
      response.writeHead(reply.status, Object.fromEntries(told)).end(bytes)
    })
    servers.push(server)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    endpoints[service] = `http://127.0.0.1:${(server.address() as AddressInfo).port}${real.pathname}`
  }
  function keptOf(method: string, reply: Response): string[] {
    const named = [...reply.headers.keys()].filter(name => !KEPT.includes(name) && tells(name))
    const length = method === 'HEAD' && tells('content-length') ? ['content-length'] : []
    return [...KEPT, ...named.filter(name => name !== 'content-length'), ...length].filter(name =>
      reply.headers.has(name),
    )
  }
  function toText(
    place: Place,
    asked: { method: string; url: string; headers: NodeJS.Dict<string | string[]>; sent: Buffer },
    { reply, body }: { reply: Response; body: string },
  ): string {
    const lines = [
      `${asked.method} ${shown(asked.url)} HTTP/1.1`,
      `Host: ${place.shown.host}`,
      'X-Auth-Token: test-token',
    ]
    const named = Object.keys(asked.headers).filter(
      name => !ASKED.includes(name) && name !== 'content-length' && tells(name),
    )
    for (const name of [...ASKED, ...named])
      if (asked.headers[name] !== undefined) lines.push(`${title(name)}: ${asked.headers[name]}`)
    // What is not sent as JSON is compared letter by letter.
    const isJson = /json/.test(String(asked.headers['content-type']))
    const sent = shown(asked.sent.toString())
    if (asked.sent.length > 0) lines.push('', isJson ? pretty(sent) : sent.trimEnd())
    const kept = keptOf(asked.method, reply).map(name => `${title(name)}: ${reply.headers.get(name)}`)
    lines.push('', [`HTTP/1.1 ${reply.status} ${reply.statusText}`.trimEnd(), ...kept].join('\n'))
    return shown(lines.join('\n')) + (body === '' ? '' : `\n\n${pretty(body)}`)
  }
  return {
    options: { token: session.token, endpoints, microversions: fixtureOptions.microversions, proxy: false },
    exchanges,
    shown,
    close: () => {
      for (const server of servers) server.close()
    },
  }
}

/** Readable, unless it is not JSON. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 1)
  } catch {
    return text.replace(/\r\n/g, '\n').trimEnd()
  }
}
