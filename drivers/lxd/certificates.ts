import { InvalidCredentialsError } from '../../lib/errors.js'
import { path } from '../../lib/http/url.js'
import type { Pager } from '../../lib/pager.js'
import { derOf, generateClientCertificate, type LXDKeyPair } from './certificate.js'
import { fingerprintOf } from './connection.js'
import { toRaw } from './convert.js'
import { imageId } from './images.shared.js'
import { LXDStorageParts } from './storage.parts.js'
import type { LXDCallOptions, LXDListOptions, LXDName, LXDUpdateOptions } from './types.js'

/** A certificate that the server trusts. */
export interface LXDCertificate {
  /** SHA-256: what it is known by. */
  readonly fingerprint: string
  /** In PEM. */
  readonly certificate: string
  readonly name: string
  /** `'client'`, `'server'` or `'metrics'`. */
  readonly type: string
  /** It may work on these projects only. */
  readonly restricted: boolean
  readonly projects: readonly string[]
}
export interface LXDCertificateChange {
  readonly name?: string | undefined
  readonly type?: 'client' | 'server' | 'metrics' | undefined
  readonly restricted?: boolean | undefined
  readonly projects?: readonly string[] | undefined
}
/** A certificate to be trusted. */
export interface LXDNewCertificate extends LXDCertificateChange {
  /** In PEM. */
  readonly certificate: string
}
/** For whom a token is. */
export interface LXDNewToken {
  readonly name: string
  readonly restricted?: boolean | undefined
  readonly projects?: readonly string[] | undefined
}

/** Whom the server trusts. */
export class LXDCertificates extends LXDStorageParts {
  /**
   * Certificates that the server trusts.
   * @example for await (const { name, fingerprint } of driver.ex_listCertificates()) console.log(name, fingerprint)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/certificates/certificates_get_recursion1
   */
  ex_listCertificates(options?: LXDListOptions): Pager<LXDCertificate> {
    return this.connection.list('/1.0/certificates', options)
  }

  /**
   * One certificate, by its fingerprint or the beginning of it.
   * @example const { name } = await driver.ex_getCertificate('fd200419b271')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/certificates/certificate_get
   */
  async ex_getCertificate(fingerprint: LXDName, options?: LXDCallOptions): Promise<LXDCertificate> {
    const at = path`/1.0/certificates/${imageId(this.provider, fingerprint)}`
    return this.connection.get(at, options)
  }

  /**
   * Lets the server trust a certificate: for administrators, whom it trusts already.
   * @example await driver.ex_createCertificate({ certificate: await readFile('client.crt', 'utf8'), name: 'ci' })
   * @throws ConflictError where it is trusted already
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/certificates/certificates_post
   */
  async ex_createCertificate(certificate: LXDNewCertificate, options?: LXDCallOptions): Promise<LXDCertificate> {
    const { certificate: pem, type = 'client', ...rest } = certificate
    const json = { type, ...rest, certificate: derOf(this.provider, pem) }
    await this.connection.change({ method: 'POST', path: '/1.0/certificates', json }, options)
    return this.ex_getCertificate(fingerprintOf(pem), options)
  }

  /**
   * A secret with which a client can make the server trust it, once: what `ex_authenticate` takes.
   * @example const token = await driver.ex_createCertificateToken({ name: 'ci' })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/certificates/certificates_post
   */
  async ex_createCertificateToken(token: LXDNewToken, options?: LXDCallOptions): Promise<string> {
    const json = { type: 'client', token: true, ...token }
    const spec = { method: 'POST', path: '/1.0/certificates', json } as const
    const { metadata = {} } = await this.connection.change(spec, { ...options, ex_wait: false })
    const { secret, fingerprint, addresses, expiresAt: expires_at } = metadata
    const text = JSON.stringify({ client_name: token.name, fingerprint, addresses, secret, expires_at })
    this.connection.conceal(String(secret))
    return Buffer.from(text).toString('base64')
  }

  /**
   * Makes the server trust the certificate of this driver, by a token, or by the password that older servers have.
   * @example
   * ```ts
   * const driver = new LXDNodeDriver({ host: '10.0.0.1', clientCert, clientKey })
   * if (!(await driver.ex_isTrusted())) await driver.ex_authenticate(token)
   * ```
   * @throws InvalidCredentialsError where it is the wrong one
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/certificates/certificates_post_untrusted
   */
  async ex_authenticate(secret: string, options?: LXDCallOptions): Promise<void> {
    this.connection.conceal(secret)
    const isToken = /^[A-Za-z0-9+/]{40,}={0,2}$/.test(secret)
    const explicit = isToken && (await this.ex_hasApiExtension('explicit_trust_token', options))
    const json = { type: 'client', [explicit ? 'trust_token' : 'password']: secret }
    const errors = { 403: InvalidCredentialsError }
    await this.connection.change({ method: 'POST', path: '/1.0/certificates', json, errors }, options)
  }

  /**
   * Changes what a certificate may do.
   * @example await driver.ex_updateCertificate('fd200419b271', { restricted: true, projects: ['test'] })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/certificates/certificate_patch
   */
  async ex_updateCertificate(
    fingerprint: LXDName,
    changes: LXDCertificateChange,
    options?: LXDUpdateOptions,
  ): Promise<void> {
    const at = path`/1.0/certificates/${imageId(this.provider, fingerprint)}`
    await this.connection.change({ method: 'PATCH', path: at, json: toRaw(changes) }, options)
  }

  /**
   * Lets the server trust a certificate no longer.
   * @example await driver.ex_deleteCertificate('fd200419b271')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/certificates/certificate_delete
   */
  async ex_deleteCertificate(fingerprint: LXDName, options?: LXDCallOptions): Promise<void> {
    const at = path`/1.0/certificates/${imageId(this.provider, fingerprint)}`
    await this.connection.change({ method: 'DELETE', path: at }, options)
  }

  /**
   * Makes a key pair for `clientCert` and `clientKey`, good for ten years. Nothing is asked of the server.
   * @example const { certificate, privateKey } = await driver.ex_generateClientCertificate('ci')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/certificates/certificates_post
   */
  async ex_generateClientCertificate(name: string, options?: LXDCallOptions): Promise<LXDKeyPair> {
    options?.signal?.throwIfAborted()
    return generateClientCertificate(name)
  }
}
