import { InvalidRequestError } from '../errors.js'
import type { ConnectionOptions } from '../options.js'

/** Whom a connection trusts, and what it shows of itself. */
export interface TlsOptions {
  readonly trust: Readonly<Record<string, unknown>>
  readonly identity: Readonly<Record<string, unknown>>
}

/**
 * The options of TLS as Node knows them, checked here: Node takes what is no certificate for no authority at all, and
 * tells of a wrong passphrase only when it connects, in the words of OpenSSL.
 */
export async function tlsOptions(options: ConnectionOptions): Promise<TlsOptions> {
  const trust: Record<string, unknown> = {}
  const identity: Record<string, unknown> = {}
  const file = process.env['SSL_CERT_FILE']
  if (options.ca !== undefined) trust['ca'] = await authorities(options.ca, 'ca')
  else if (file) trust['ca'] = await authorities(await readAuthorities(file), 'SSL_CERT_FILE')
  const { clientCert: cert, clientKey: key, clientKeyPassphrase: passphrase } = options
  if (cert !== undefined) identity['cert'] = cert
  if (key !== undefined) identity['key'] = key
  if (passphrase !== undefined) identity['passphrase'] = passphrase
  if (cert !== undefined || key !== undefined) await checkIdentity(identity)
  if (options.verifyTls === false) trust['rejectUnauthorized'] = false
  return { trust, identity }
}

type Authorities = NonNullable<ConnectionOptions['ca']>

async function authorities(ca: Authorities, argument: string): Promise<Authorities> {
  const { X509Certificate } = await import('node:crypto')
  const each = typeof ca === 'string' || ca instanceof Uint8Array ? [ca] : ca
  try {
    for (const one of each) new X509Certificate(one)
    return ca
  } catch (cause) {
    throw refused(argument, argument === 'ca' ? 'certificates in PEM' : FILE, cause)
  }
}

const FILE = 'the name of a readable file of certificates in PEM'
async function readAuthorities(file: string): Promise<Buffer> {
  const { readFile } = await import('node:fs/promises')
  return readFile(file).catch(cause => {
    throw refused('SSL_CERT_FILE', FILE, cause)
  })
}

async function checkIdentity({ cert, key, passphrase }: Record<string, unknown>): Promise<void> {
  const { createSecureContext } = await import('node:tls')
  const make = (argument: string, allowed: string, options: object): void => {
    try {
      createSecureContext(options)
    } catch (cause) {
      throw refused(argument, allowed, cause)
    }
  }
  make('clientCert', 'a certificate in PEM', { cert })
  const opened = "that of 'clientCert', in PEM, and 'clientKeyPassphrase' its passphrase if it has one"
  make('clientKey', opened, { cert, key, passphrase })
}

function refused(argument: string, allowed: string, cause: unknown): InvalidRequestError {
  return new InvalidRequestError(`'${argument}' must be ${allowed}`, { argument, allowed, cause })
}
