import { connect } from '../../lib/driver.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { LoadBalancerApi } from '../../lib/loadbalancer/api.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { toDate } from './account.js'
import { DigitalOceanConnection, type DigitalOceanOptions } from './connection.js'
import { changeMembers, DigitalOceanLBBase, NO_BALANCER } from './loadbalancer.base.js'
import { type DigitalOceanForwardingRule, toRawNodeIds, toRawRule } from './loadbalancer.shared.js'
import { meta } from './meta.js'

export type { DigitalOceanOptions } from './connection.js'
export type * from './loadbalancer.base.js'
export type * from './loadbalancer.shared.js'

interface RawCertificate {
  readonly id: string
  readonly name: string
  readonly not_after: string
  readonly sha1_fingerprint: string
  readonly created_at: string
  readonly dns_names?: readonly string[]
  readonly state: DigitalOceanCertificate['state']
  readonly type: DigitalOceanCertificate['type']
}

/** A certificate that balancers can show. */
export interface DigitalOceanCertificate {
  readonly id: string
  readonly name: string
  /** One of one's own, or one of Let's Encrypt that DigitalOcean renews. */
  readonly type: 'custom' | 'lets_encrypt'
  readonly state: 'pending' | 'verified' | 'error'
  readonly dnsNames: readonly string[]
  readonly sha1Fingerprint: string
  readonly createdAt: Date | undefined
  readonly notAfter: Date | undefined
}
/** A certificate of one's own, or names for one of Let's Encrypt. */
export type DigitalOceanCreateCertificateOptions =
  | {
      readonly name: string
      /** PEM. It is never shown again. */
      readonly privateKey: string
      /** PEM. */
      readonly leafCertificate: string
      /** PEM of those between it and the authority. */
      readonly certificateChain?: string | undefined
    }
  | {
      readonly name: string
      /** Of domains that DigitalOcean's DNS has. */
      readonly dnsNames: readonly string[]
    }
export interface DigitalOceanListCertificatesOptions extends CallOptions {
  /** Only the one that is called so. */
  ex_name?: string | undefined
}

/** Load balancers, and the certificates that they show. */
export class DigitalOceanLBDriver extends DigitalOceanLBBase implements Partial<LoadBalancerApi> {
  readonly provider = 'digital_ocean'

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: DigitalOceanOptions = {}) {
    super(meta, options)
    connect(this, new DigitalOceanConnection(this))
  }

  /**
   * Adds several droplets to a balancer at once.
   *
   * @example
   * ```ts
   * await driver.ex_attachNodes(balancer, [{ id: '3164444' }, { id: '3164445' }])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @throws InvalidRequestError when the balancer finds its droplets by a tag.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/loadBalancers_add_droplets
   */
  async ex_attachNodes(balancer: Ref, nodes: readonly Ref[], options?: CallOptions): Promise<void> {
    await changeMembers(this, 'POST', balancer, toRawNodeIds(nodes), options)
  }

  /**
   * Takes several droplets from a balancer at once.
   *
   * @example
   * ```ts
   * await driver.ex_detachNodes(balancer, [{ id: '3164444' }, { id: '3164445' }])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/loadBalancers_remove_droplets
   */
  async ex_detachNodes(balancer: Ref, nodes: readonly Ref[], options?: CallOptions): Promise<void> {
    await changeMembers(this, 'DELETE', balancer, toRawNodeIds(nodes), options)
  }

  /**
   * Lets a balancer listen on further ports.
   *
   * @example
   * ```ts
   * const rule = { entryProtocol: 'tcp', entryPort: 3306, targetProtocol: 'tcp', targetPort: 3306 } as const
   * await driver.ex_addForwardingRules(balancer, [rule])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/loadBalancers_add_forwardingRules
   */
  async ex_addForwardingRules(
    balancer: Ref,
    rules: readonly DigitalOceanForwardingRule[],
    options?: CallOptions,
  ): Promise<void> {
    return changeRules(this, 'POST', balancer, rules, options)
  }

  /**
   * Lets a balancer listen on some ports no more. One must be left.
   *
   * @example
   * ```ts
   * const { extra } = await driver.getBalancer('4de7ac8b-495b-4884-9a69-1050c6793cd6')
   * await driver.ex_removeForwardingRules(balancer, extra.forwardingRules.slice(1))
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/loadBalancers_remove_forwardingRules
   */
  async ex_removeForwardingRules(
    balancer: Ref,
    rules: readonly DigitalOceanForwardingRule[],
    options?: CallOptions,
  ): Promise<void> {
    return changeRules(this, 'DELETE', balancer, rules, options)
  }

  /**
   * Empties the cache of a global balancer.
   *
   * @example
   * ```ts
   * await driver.ex_purgeCache(balancer)
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/loadBalancers_delete_cache
   */
  async ex_purgeCache(balancer: Ref, options?: CallOptions): Promise<void> {
    const at = path`/v2/load_balancers/${balancer.id}/cache`
    await this.connection.request({ method: 'DELETE', path: at, errors: NO_BALANCER, read: readNothing }, options)
  }

  /**
   * All certificates.
   *
   * @example
   * ```ts
   * for await (const { name, notAfter } of driver.ex_listCertificates()) console.log(name, notAfter)
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/certificates_list
   */
  ex_listCertificates(options?: DigitalOceanListCertificatesOptions): Pager<DigitalOceanCertificate> {
    const query = { name: options?.ex_name }
    const spec = { path: '/v2/certificates', member: 'certificates', map: toCertificate, query }
    return this.connection.list(spec, options)
  }

  /**
   * One certificate, without its private key.
   *
   * @example
   * ```ts
   * const { state } = await driver.ex_getCertificate('892071a0-bb95-49bc-8021-3afd67a210bf')
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/certificates_get
   */
  async ex_getCertificate(certificateId: string, options?: CallOptions): Promise<DigitalOceanCertificate> {
    const at = path`/v2/certificates/${certificateId}`
    return this.connection.one({ path: at, member: 'certificate', map: toCertificate }, options)
  }

  /**
   * Uploads a certificate, or orders one of Let's Encrypt, whose `state` is `'pending'` for a while.
   *
   * @example
   * ```ts
   * const certificate = await driver.ex_createCertificate({ name: 'web', dnsNames: ['www.example.com', 'example.com'] })
   * await driver.createBalancer({ name: 'web', port: 443, protocol: 'https', ex_certificate: certificate, ex_tag: 'web' })
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/certificates_create
   */
  async ex_createCertificate(
    certificate: DigitalOceanCreateCertificateOptions,
    options?: CallOptions,
  ): Promise<Owned<DigitalOceanCertificate>> {
    if ('privateKey' in certificate) this.connection.conceal(certificate.privateKey)
    const json =
      'dnsNames' in certificate
        ? { name: certificate.name, type: 'lets_encrypt', dns_names: certificate.dnsNames }
        : {
            name: certificate.name,
            type: 'custom',
            private_key: certificate.privateKey,
            leaf_certificate: certificate.leafCertificate,
            certificate_chain: certificate.certificateChain,
          }
    const spec = { method: 'POST', path: '/v2/certificates', json, member: 'certificate', map: toCertificate } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.ex_deleteCertificate(made))
  }

  /**
   * Deletes a certificate, which no balancer may use any more.
   *
   * @example
   * ```ts
   * await driver.ex_deleteCertificate(certificate)
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/certificates_delete
   */
  async ex_deleteCertificate(certificate: Ref, options?: CallOptions): Promise<void> {
    const at = path`/v2/certificates/${certificate.id}`
    await this.connection.request({ method: 'DELETE', path: at, read: readNothing }, options)
  }
}

async function changeRules(
  { connection }: DigitalOceanLBDriver,
  method: 'POST' | 'DELETE',
  balancer: Ref,
  rules: readonly DigitalOceanForwardingRule[],
  options: CallOptions | undefined,
): Promise<void> {
  const at = path`/v2/load_balancers/${balancer.id}/forwarding_rules`
  const json = { forwarding_rules: rules.map(toRawRule) }
  await connection.request({ method, path: at, json, errors: NO_BALANCER, read: readNothing }, options)
}

function toCertificate(raw: RawCertificate): DigitalOceanCertificate {
  return {
    id: raw.id,
    name: raw.name,
    type: raw.type,
    state: raw.state,
    dnsNames: raw.dns_names ?? [],
    sha1Fingerprint: raw.sha1_fingerprint,
    createdAt: toDate(raw.created_at),
    notAfter: toDate(raw.not_after),
  }
}
