import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TlsOptions } from 'node:tls'
import { expect } from 'vitest'
import type { LibcloudError } from '../../../lib/errors.js'
import type { DriverOptions } from '../../../lib/options.js'
import { driverFor } from './callers.js'
import { makeCertificates, PASSPHRASE } from './certificates.js'
import { LISTING, outcome, type Story } from './story.js'
import { type Asked, headOf, reply, type Wire, type WireOptions, wire } from './wire.js'

const { authority, client, ...servers } = makeCertificates()
const CA = { ca: authority.cert }

interface Meeting {
  readonly tls?: TlsOptions
  readonly driver?: DriverOptions
  readonly answer?: (asked: Asked) => unknown
  readonly server?: WireOptions
  readonly method?: 'GET' | 'POST'
  readonly error?: (error: LibcloudError) => void
  readonly check?: (server: Wire) => void
}

/** Makes a creation over TLS: nothing of it may leave before the server has shown who it is. */
async function meeting(signal: AbortSignal, given: Meeting): Promise<string> {
  const { tls = servers.valid, answer = it => it.say(reply('{}')), method = 'POST' } = given
  await using server = await wire(answer, { tls, ...given.server })
  await using driver = driverFor(server.port, { secure: true, ...given.driver })
  const result = await outcome(driver.connection.request({ method, path: '/a' }, { ...LISTING, signal }), given.error)
  given.check?.(server)
  if (!result.startsWith('value') && !result.includes('may have happened') && method === 'POST') {
    expect(server.asked).toHaveLength(0)
  }
  return result
}

async function withEnvironment<T>(values: Record<string, string>, run: () => Promise<T>): Promise<T> {
  const before = { ...process.env }
  Object.assign(process.env, values)
  try {
    return await run()
  } finally {
    for (const name of Object.keys(values)) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  }
}
async function withAuthorityFile(text: string, run: () => Promise<string>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'libcloud-'))
  const path = join(folder, 'ca.pem')
  writeFileSync(path, text)
  try {
    return await withEnvironment({ SSL_CERT_FILE: path }, run)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Looks like a certificate, and is none. */
const BROKEN = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
const DEMANDING: TlsOptions = { ...servers.valid, requestCert: true, rejectUnauthorized: true, ca: authority.cert }
const ID = { ...CA, clientCert: client.cert, clientKey: client.key, clientKeyPassphrase: PASSPHRASE }
const argument =
  (name: string) =>
  (error: LibcloudError): void =>
    expect(error).toMatchObject({ argument: name })
const says =
  (code: string) =>
  (error: LibcloudError): void =>
    expect(error.message).toContain(code)

/** Certificates and handshakes. Every call is a creation. */
export const certificates: readonly Story[] = [
  { wire: 'a certificate of the authority given as `ca`', gets: 'value', run: s => meeting(s, { driver: CA }) },
  {
    wire: 'a certificate of the authority in the file named by SSL_CERT_FILE',
    gets: 'value',
    run: s => withAuthorityFile(authority.cert, () => meeting(s, {})),
  },
  {
    wire: '`ca` is not the authority, though SSL_CERT_FILE is',
    gets: 'ConnectionError',
    run: s => withAuthorityFile(authority.cert, () => meeting(s, { driver: { ca: servers.selfSigned.cert } })),
  },
  {
    wire: 'SSL_CERT_FILE names no file',
    gets: 'InvalidRequestError',
    run: s =>
      withEnvironment({ SSL_CERT_FILE: '/nowhere.pem' }, () => meeting(s, { error: argument('SSL_CERT_FILE') })),
  },
  {
    wire: 'SSL_CERT_FILE names a file that holds no certificate',
    gets: 'InvalidRequestError',
    run: s => withAuthorityFile('none', () => meeting(s, { error: argument('SSL_CERT_FILE') })),
  },
  {
    wire: '`ca` is no certificate',
    gets: 'InvalidRequestError',
    run: s => meeting(s, { driver: { ca: BROKEN }, error: argument('ca') }),
  },
  {
    wire: 'an authority that nobody knows',
    gets: 'ConnectionError',
    run: s => meeting(s, { error: says('UNABLE_TO_VERIFY_LEAF_SIGNATURE') }),
  },
  {
    wire: 'a self-signed certificate',
    gets: 'ConnectionError',
    run: s => meeting(s, { tls: servers.selfSigned, error: says('DEPTH_ZERO_SELF_SIGNED_CERT') }),
  },
  {
    wire: 'a self-signed certificate that is given as `ca`',
    gets: 'value',
    run: s => meeting(s, { tls: servers.selfSigned, driver: { ca: servers.selfSigned.cert } }),
  },
  {
    wire: 'an expired certificate',
    gets: 'ConnectionError',
    run: s => meeting(s, { tls: servers.expired, driver: CA, error: says('CERT_HAS_EXPIRED') }),
  },
  {
    wire: 'a certificate that is not valid yet',
    gets: 'ConnectionError',
    run: s => meeting(s, { tls: servers.notYet, driver: CA, error: says('CERT_NOT_YET_VALID') }),
  },
  {
    wire: 'a certificate for another host',
    gets: 'ConnectionError',
    run: s => meeting(s, { tls: servers.otherHost, driver: CA, error: says('ERR_TLS_CERT_ALTNAME_INVALID') }),
  },
  {
    wire: 'an expired, unknown or other certificate, with `verifyTls: false`',
    gets: 'value, value, value',
    run: async s => {
      const driver = { verifyTls: false }
      const results: string[] = []
      for (const tls of [servers.expired, servers.selfSigned, servers.otherHost])
        results.push(await meeting(s, { tls, driver }))
      return results.join(', ')
    },
  },
  {
    wire: 'a client certificate is demanded and given, its key opened by a passphrase',
    gets: 'value',
    run: s => meeting(s, { tls: DEMANDING, driver: ID }),
  },
  // TLS 1.3 tells only after the request has been sent.
  {
    wire: 'a client certificate is demanded and not given',
    gets: 'ConnectionError',
    run: s => meeting(s, { tls: { ...DEMANDING, maxVersion: 'TLSv1.2' }, driver: CA }),
  },
  {
    wire: 'the passphrase is wrong',
    gets: 'InvalidRequestError',
    run: s =>
      meeting(s, { tls: DEMANDING, driver: { ...ID, clientKeyPassphrase: 'other' }, error: argument('clientKey') }),
  },
  {
    wire: 'the passphrase is missing',
    gets: 'InvalidRequestError',
    run: s =>
      meeting(s, { tls: DEMANDING, driver: { ...ID, clientKeyPassphrase: undefined }, error: argument('clientKey') }),
  },
  {
    wire: 'the client’s key is not that of its certificate',
    gets: 'InvalidRequestError',
    run: s =>
      meeting(s, { tls: DEMANDING, driver: { ...ID, clientKey: servers.valid.key }, error: argument('clientKey') }),
  },
  {
    wire: 'the client’s certificate is none',
    gets: 'InvalidRequestError',
    run: s => meeting(s, { tls: DEMANDING, driver: { ...ID, clientCert: BROKEN }, error: argument('clientCert') }),
  },
  {
    wire: 'the server speaks no TLS',
    gets: 'ConnectionError',
    run: async s => {
      await using server = await wire(() => {}, {
        greet: socket => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      })
      await using driver = driverFor(server.port, { secure: true })
      return await outcome(driver.connection.request({ method: 'POST', path: '/a' }, { ...LISTING, signal: s }))
    },
  },
  {
    wire: 'the server closes the connection in the handshake: nothing has left, so it is tried again',
    gets: 'ConnectionError, retryable',
    run: async s => {
      await using server = await wire(() => {}, { greet: socket => void socket.end() })
      await using driver = driverFor(server.port, { secure: true })
      const result = await outcome(driver.connection.request({ method: 'POST', path: '/a' }, { ...LISTING, signal: s }))
      expect(server.connections).toBe(2)
      return result
    },
  },
  {
    wire: 'the server keeps silent in the handshake',
    gets: 'TimeoutError, retryable',
    run: async s => {
      await using server = await wire(() => {}, { greet: socket => void socket.resume() })
      await using driver = driverFor(server.port, { secure: true, attemptTimeout: 500, retry: false })
      return await outcome(driver.connection.request({ method: 'POST', path: '/a' }, { ...LISTING, signal: s }))
    },
  },
  {
    wire: 'the caller aborts in the handshake',
    gets: "'enough', as it is",
    run: async () => {
      await using server = await wire(() => {}, { greet: socket => void socket.resume() })
      await using driver = driverFor(server.port, { secure: true })
      const controller = new AbortController()
      setTimeout(() => controller.abort(new Error('enough')), 50)
      return await outcome(driver.connection.request({ path: '/a' }, { ...LISTING, signal: controller.signal }))
    },
  },
  {
    wire: 'the server breaks the connection off in the body',
    gets: 'ConnectionError, retryable, may have happened',
    run: s =>
      meeting(s, {
        driver: CA,
        answer: it => it.socket.write(`${headOf('HTTP/1.1 200 OK', 'Content-Length: 9')}{`, () => it.socket.destroy()),
      }),
  },
  {
    wire: 'https redirects to http',
    gets: 'MalformedResponseError 302',
    run: s =>
      meeting(s, {
        method: 'GET',
        driver: CA,
        answer: it => it.say(headOf('HTTP/1.1 302 Found', 'Location: http://127.0.0.1/a', 'Content-Length: 0')),
        error: says('not protected'),
      }),
  },
]
