import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { buildConnector, Dispatcher, Pool, ProxyAgent } from 'undici'
import { InvalidRequestError } from '../errors.js'
import type { ConnectionOptions } from '../options.js'
import { tlsOptions } from './tls.js'

type Undici = typeof import('undici')
let undici: Promise<Undici> | undefined

/** Loaded at the first request: importing it costs about 90 ms of CPU. */
export function loadUndici(): Promise<Undici> {
  undici ??= import('undici')
  return undici
}

/** Milliseconds for a connection, and for a proxy's answer. */
const CONNECT_TIMEOUT = 20_000

/** The connection's own pool of sockets, with its TLS and proxy settings. Nothing global is touched. */
export async function createDispatcher(options: ConnectionOptions): Promise<Dispatcher> {
  const { Agent, buildConnector, EnvHttpProxyAgent, Pool, ProxyAgent } = await loadUndici()
  const { trust, identity } = await tlsOptions(options)
  const connect = {
    timeout: CONNECT_TIMEOUT,
    ...trust,
    ...identity,
    ...(options.socketPath === undefined ? {} : { socketPath: options.socketPath }),
  }
  const { proxy, socketPath, serverFingerprint } = options
  if (serverFingerprint !== undefined) {
    // No session is resumed: it would bring no certificate to look at.
    const connector = buildConnector({ ...connect, rejectUnauthorized: false, maxCachedSessions: 0 })
    return new Agent({ connect: pinned(connector, serverFingerprint), keepAliveTimeout: 30_000 })
  }
  const shared = { connect, keepAliveTimeout: 30_000 }
  if (socketPath !== undefined || proxy === false) return new Agent(shared)
  const proxyTls = { timeout: CONNECT_TIMEOUT, ...trust }
  const proxied = { ...shared, requestTls: connect, proxyTls, clientFactory: proxyPool(Pool) }
  if (proxy !== undefined) return new ProxyAgent({ ...proxied, ...proxySettings(proxy) })
  const httpsProxy = fromEnvironment('https_proxy', 'HTTPS_PROXY')
  const httpProxy = fromEnvironment('http_proxy', 'HTTP_PROXY')
  return httpsProxy || httpProxy ? new EnvHttpProxyAgent({ ...proxied, httpsProxy, httpProxy }) : new Agent(shared)
}

/** Hands over only sockets of the one server: nothing has been sent yet. */
function pinned(connector: buildConnector.connector, fingerprint: string): buildConnector.connector {
  const wanted = fingerprint.replaceAll(':', '').toLowerCase()
  return (options, callback) =>
    connector(options, (...result) => {
      const [failure, socket] = result
      if (failure !== null || options.protocol !== 'https:') return callback(...result)
      const shown = (socket as TLSSocket).getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase()
      if (shown === wanted) return callback(null, socket)
      socket.destroy()
      const message = `the server shows another certificate than the one of 'serverFingerprint': ${shown}`
      callback(Object.assign(new Error(message), { code: 'ERR_TLS_CERT_PINNED' }), null)
    })
}

const PROXY = 'http://host:port or https://host:port, with user:password@ before the host where needed'

function proxySettings(proxy: string): { uri: string; token?: string } {
  const url = proxyUrl(proxy, 'proxy')
  if (url.username === '') return { uri: url.href }
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  url.username = ''
  url.password = ''
  return { uri: url.href, token: `Basic ${Buffer.from(credentials).toString('base64')}` }
}

/** What a variable says; other programs let its scheme be left out. */
function fromEnvironment(...names: readonly string[]): string {
  const name = names.find(each => process.env[each])
  if (name === undefined) return ''
  const value = process.env[name] as string
  return proxyUrl(value.includes('://') ? value : `http://${value}`, name).href
}

function proxyUrl(value: string, argument: string): URL {
  try {
    const url = new URL(value)
    if (url.protocol === 'http:' || url.protocol === 'https:') return url
  } catch {
    // No word of it: it may hold a password.
  }
  throw new InvalidRequestError(`'${argument}' must be ${PROXY}`, { argument, allowed: PROXY })
}

/**
 * The connections to a proxy. undici would wait five minutes for its answer, and connect again and again, without end or
 * pause, to one that closes the connection instead of giving one.
 */
function proxyPool(PoolClass: typeof Pool): NonNullable<ProxyAgent.Options['clientFactory']> {
  return (origin, options) => {
    const pool = new PoolClass(origin, { ...options, headersTimeout: CONNECT_TIMEOUT })
    const connect = pool.connect.bind(pool) as (options: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData>
    const tunnel = async (
      asked: Dispatcher.ConnectOptions & { servername?: string },
    ): Promise<Dispatcher.ConnectData> => {
      const { servername = '', ...rest } = asked
      const named = isIP(servername) ? rest : asked // TLS knows names of hosts only
      const data = await connect(named as Dispatcher.ConnectOptions).catch(cause => {
        const { code } = cause as { code?: string }
        throw code === 'UND_ERR_SOCKET'
          ? proxyError('ERR_PROXY_FAILED', 'the proxy closed the connection', cause)
          : cause
      })
      const { statusCode, socket } = data
      if (statusCode === 200) return data
      socket.on('error', () => {}).destroy()
      // Neither rules nor credentials change by asking again.
      const code = statusCode >= 400 && statusCode < 500 ? 'ERR_PROXY_REFUSED' : 'ERR_PROXY_FAILED'
      throw proxyError(code, `the proxy answered ${statusCode}`)
    }
    return Object.assign(pool, { connect: tunnel })
  }
}

function proxyError(code: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code })
}
