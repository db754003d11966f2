import { connect } from 'node:net'
import { expect } from 'vitest'
import type { LibcloudError } from '../../../lib/errors.js'
import type { DriverOptions } from '../../../lib/options.js'
import { driverFor } from './callers.js'
import { makeCertificates } from './certificates.js'
import { LISTING, outcome, type Story } from './story.js'
import { type Asked, headOf, NOBODY, reply, type Wire, type WireOptions, wire } from './wire.js'

const { authority, valid } = makeCertificates()

/** Does what a proxy should. */
function tunnel(it: Asked): void {
  const [host, port] = it.target.split(':')
  const upstream = connect(Number(port), host, () => {
    it.say(headOf('HTTP/1.1 200 Connection established'))
    it.socket.removeAllListeners('data')
    it.socket.pipe(upstream).pipe(it.socket)
  })
  upstream.on('error', () => it.socket.destroy())
  it.socket.on('close', () => upstream.destroy())
}

interface Way {
  readonly proxy?: (asked: Asked) => unknown
  readonly options?: WireOptions
  readonly driver?: (proxy: Wire) => DriverOptions
  readonly secure?: boolean
  readonly environment?: (proxy: Wire, server: Wire) => Record<string, string>
  readonly error?: (error: LibcloudError) => void
  readonly check?: (proxy: Wire, server: Wire) => void
}

/** Makes a creation through a proxy: nothing of it may leave before there is a tunnel. */
async function through(signal: AbortSignal, way: Way): Promise<string> {
  await using proxy = await wire(way.proxy ?? tunnel, { early: true, ...way.options })
  await using server = await wire(it => it.say(reply('{}')), way.secure ? { tls: valid } : {})
  const uri = `http://me:pass-word-9@127.0.0.1:${proxy.port}`
  const environment = way.environment?.(proxy, server) ?? {}
  const shared: DriverOptions = { secure: way.secure, ca: authority.cert }
  const driverOptions = way.driver?.(proxy) ?? { proxy: way.environment ? undefined : uri }
  Object.assign(process.env, environment)
  try {
    await using driver = driverFor(server.port, { ...shared, ...driverOptions })
    const call = driver.connection.request({ method: 'POST', path: '/a' }, { ...LISTING, signal })
    const result = await outcome(call, error => {
      expect(`${error.message}${error.stack}`).not.toContain('pass-word-9')
      way.error?.(error)
    })
    expect(server.asked).toHaveLength(result === 'value' ? 1 : 0)
    way.check?.(proxy, server)
    return result
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name]
  }
}

const IDLE = (proxy: Wire): DriverOptions => ({
  proxy: `http://127.0.0.1:${proxy.port}`,
  attemptTimeout: 500,
  retry: false,
})
const used =
  (times: number) =>
  (proxy: Wire): void =>
    expect(proxy.connections).toBe(times)
const argument =
  (name: string) =>
  (error: LibcloudError): void =>
    expect(error).toMatchObject({ argument: name })
const says =
  (text: string) =>
  (error: LibcloudError): void =>
    expect(error.message).toContain(text)

/** Every call is a creation, through a proxy. */
export const proxies: readonly Story[] = [
  {
    wire: 'the proxy makes a tunnel to an http server',
    gets: 'value',
    run: s =>
      through(s, {
        check: ({ asked }) => {
          expect(asked[0]?.headers['proxy-authorization']).toBe(`Basic ${btoa('me:pass-word-9')}`)
        },
      }),
  },
  {
    wire: 'the proxy makes a tunnel to an https server',
    gets: 'value',
    run: s => through(s, { secure: true, check: used(1) }),
  },
  {
    wire: 'the proxy itself is reached over TLS, with a certificate of `ca`',
    gets: 'value',
    run: s =>
      through(s, {
        options: { tls: valid },
        driver: proxy => ({ proxy: `https://127.0.0.1:${proxy.port}` }),
        check: used(1),
      }),
  },
  {
    wire: 'the proxy’s own certificate is of an unknown authority',
    gets: 'ConnectionError',
    run: s =>
      through(s, {
        options: { tls: valid },
        driver: proxy => ({ proxy: `https://127.0.0.1:${proxy.port}`, ca: undefined }),
      }),
  },
  {
    wire: 'the proxy refuses (403)',
    gets: 'ConnectionError',
    run: s => through(s, { proxy: it => it.say(reply('no', 'HTTP/1.1 403 Forbidden')), error: says('403') }),
  },
  {
    wire: 'the proxy wants other credentials (407)',
    gets: 'ConnectionError',
    run: s =>
      through(s, {
        proxy: it => it.say(reply('', 'HTTP/1.1 407 Who', 'Proxy-Authenticate: Basic')),
        error: says('407'),
      }),
  },
  {
    wire: 'the proxy cannot reach the server (502)',
    gets: 'ConnectionError, retryable',
    run: s => through(s, { proxy: it => it.say(reply('', 'HTTP/1.1 502 Bad Gateway')), error: says('502') }),
  },
  {
    wire: 'the proxy is not there',
    gets: 'ConnectionError, retryable',
    run: s => through(s, { driver: () => ({ proxy: `http://127.0.0.1:${NOBODY}` }), error: says('ECONNREFUSED') }),
  },
  {
    wire: 'the proxy accepts the connection and never answers',
    gets: 'TimeoutError, retryable',
    run: s => through(s, { proxy: () => {}, driver: IDLE, check: used(1) }),
  },
  {
    wire: 'the proxy accepts the connection and never reads',
    gets: 'TimeoutError, retryable',
    run: s => through(s, { options: { greet: socket => void socket.pause() }, driver: IDLE }),
  },
  {
    wire: 'the proxy closes the connection',
    gets: 'ConnectionError, retryable',
    run: s => through(s, { proxy: it => it.socket.end(), check: used(2) }),
  },
  {
    wire: 'the proxy resets the connection',
    gets: 'ConnectionError, retryable',
    run: s => through(s, { proxy: it => it.reset(), check: used(2) }),
  },
  {
    wire: 'the proxy answers with what is no HTTP',
    gets: 'ConnectionError, retryable',
    run: s => through(s, { proxy: it => it.say('SSH-2.0-OpenSSH_9.6\r\n') }),
  },
  {
    wire: 'the proxy makes a tunnel, and closes it at once',
    gets: 'ConnectionError, retryable',
    run: s => through(s, { secure: true, proxy: it => it.socket.end(headOf('HTTP/1.1 200 OK')) }),
  },
  {
    wire: 'the proxy makes a tunnel to https, and keeps silent in it',
    gets: 'TimeoutError, retryable',
    run: s => through(s, { secure: true, proxy: it => it.say(headOf('HTTP/1.1 200 OK')), driver: IDLE }),
  },
  {
    wire: 'HTTP_PROXY',
    gets: 'value',
    run: s => through(s, { environment: proxy => ({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}` }), check: used(1) }),
  },
  {
    wire: 'https_proxy, to an https server',
    gets: 'value',
    run: s =>
      through(s, {
        secure: true,
        environment: proxy => ({ https_proxy: `http://127.0.0.1:${proxy.port}` }),
        check: used(1),
      }),
  },
  {
    wire: 'HTTPS_PROXY, to an http server: goes straight',
    gets: 'value',
    run: s => through(s, { environment: proxy => ({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }), check: used(0) }),
  },
  {
    wire: 'HTTP_PROXY without a scheme',
    gets: 'value',
    run: s => through(s, { environment: proxy => ({ HTTP_PROXY: `127.0.0.1:${proxy.port}` }), check: used(1) }),
  },
  {
    wire: 'HTTP_PROXY that is no address',
    gets: 'InvalidRequestError',
    run: s => through(s, { environment: () => ({ HTTP_PROXY: 'http://' }), error: argument('HTTP_PROXY') }),
  },
  {
    wire: 'NO_PROXY names the host',
    gets: 'value',
    run: s =>
      through(s, {
        environment: proxy => ({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: 'example.com,127.0.0.1' }),
        check: used(0),
      }),
  },
  {
    wire: 'NO_PROXY names the host and its port',
    gets: 'value',
    run: s =>
      through(s, {
        environment: (proxy, server) => ({
          HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
          NO_PROXY: `127.0.0.1:${server.port}`,
        }),
        check: used(0),
      }),
  },
  {
    wire: 'NO_PROXY names the host and another port',
    gets: 'value',
    run: s =>
      through(s, {
        environment: proxy => ({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: '127.0.0.1:1' }),
        check: used(1),
      }),
  },
  {
    wire: 'no_proxy is *',
    gets: 'value',
    run: s =>
      through(s, {
        environment: proxy => ({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, no_proxy: '*' }),
        check: used(0),
      }),
  },
  {
    wire: '`proxy: false` despite HTTP_PROXY',
    gets: 'value',
    run: s =>
      through(s, {
        environment: proxy => ({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}` }),
        driver: () => ({ proxy: false }),
        check: used(0),
      }),
  },
  {
    wire: '`proxy` despite NO_PROXY',
    gets: 'value',
    run: s =>
      through(s, {
        environment: () => ({ NO_PROXY: '*' }),
        driver: proxy => ({ proxy: `http://127.0.0.1:${proxy.port}` }),
        check: used(1),
      }),
  },
]
