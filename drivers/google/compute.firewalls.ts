import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { type GCEListOptions, type GCEListRegionalOptions, regionOrGlobal, regionScope } from './compute.lists.js'
import { GCENetworks } from './compute.networks.js'
import { checkName, linkTo, placeOf, refused } from './compute.refs.js'
import { type GCEResource, resource } from './compute.shared.js'
import type { GCEChangeOptions } from './operations.js'

/** What is let through, or not: `{ IPProtocol: 'tcp', ports: ['80', '8000-8080'] }`. */
export interface GCEFirewallRule {
  readonly IPProtocol: string
  readonly ports?: readonly string[] | undefined
}
/** A rule of a network. */
export interface GCEFirewall extends GCEResource {
  /** Address of its network. */
  readonly network: string
  /** The lower, the sooner. */
  readonly priority?: number | undefined
  readonly direction?: 'INGRESS' | 'EGRESS' | undefined
  readonly allowed?: readonly GCEFirewallRule[] | undefined
  readonly denied?: readonly GCEFirewallRule[] | undefined
  readonly sourceRanges?: readonly string[] | undefined
  readonly destinationRanges?: readonly string[] | undefined
  readonly sourceTags?: readonly string[] | undefined
  readonly targetTags?: readonly string[] | undefined
  readonly sourceServiceAccounts?: readonly string[] | undefined
  readonly targetServiceAccounts?: readonly string[] | undefined
  readonly disabled?: boolean | undefined
}
/** What a rule says; where a change leaves something out, it stays. */
export interface GCEFirewallOptions {
  readonly description?: string | undefined
  /** @defaultValue 'default' */
  readonly network?: Ref | undefined
  readonly allowed?: readonly GCEFirewallRule[] | undefined
  readonly denied?: readonly GCEFirewallRule[] | undefined
  readonly direction?: 'INGRESS' | 'EGRESS' | undefined
  readonly priority?: number | undefined
  readonly sourceRanges?: readonly string[] | undefined
  readonly destinationRanges?: readonly string[] | undefined
  readonly sourceTags?: readonly string[] | undefined
  readonly targetTags?: readonly string[] | undefined
  readonly sourceServiceAccounts?: readonly string[] | undefined
  readonly targetServiceAccounts?: readonly string[] | undefined
  readonly disabled?: boolean | undefined
}
export interface GCECreateFirewallOptions extends GCEFirewallOptions {
  readonly name: string
}
/** An address that was reserved. */
export interface GCEAddress extends GCEResource {
  readonly address: string
  readonly addressType?: 'EXTERNAL' | 'INTERNAL' | undefined
  /** `'RESERVED'`, or `'IN_USE'`. */
  readonly status: string
  /** Address of its region; a global one has none. */
  readonly region?: string | undefined
  readonly ipVersion?: 'IPV4' | 'IPV6' | undefined
  readonly networkTier?: string | undefined
  /** Addresses of what uses it. */
  readonly users?: readonly string[] | undefined
}
export interface GCECreateAddressOptions {
  readonly name: string
  readonly description?: string | undefined
  /** One that instances have already; else any. */
  readonly address?: string | undefined
  /** @defaultValue 'EXTERNAL' */
  readonly addressType?: 'EXTERNAL' | 'INTERNAL' | undefined
  /** Of an internal address. */
  readonly subnetwork?: Ref | undefined
  readonly ipVersion?: 'IPV4' | 'IPV6' | undefined
  /** `{ id: 'global' }` for one of global balancers. @defaultValue the driver's */
  readonly ex_region?: Ref | undefined
}
const toFirewall = resource<GCEFirewall>('global')
const toAddress = resource<GCEAddress>('regionOrGlobal')

/** Firewall rules, and addresses that are reserved. What is given has Google's own members. */
export abstract class GCEFirewalls extends GCENetworks {
  /**
   * All firewall rules of the project.
   * @example for await (const { name } of driver.ex_listFirewalls()) console.log(name)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/firewalls/list
   */
  ex_listFirewalls(options?: GCEListOptions): Pager<GCEFirewall> {
    const spec = { map: toFirewall, query: { filter: options?.ex_filter } }
    return this.connection.listIn('global', 'firewalls', spec, options)
  }

  /**
   * One firewall rule.
   * @example const { sourceRanges } = await driver.ex_getFirewall({ id: 'allow-http' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/firewalls/get
   */
  async ex_getFirewall(firewall: Ref, options?: CallOptions): Promise<GCEFirewall> {
    const place = placeOf(this, firewall, 'global', 'firewall', options)
    return this.connection.get(place, 'firewalls', toFirewall, undefined, options)
  }

  /**
   * Makes a firewall rule.
   * @example await driver.ex_createFirewall({ name: 'allow-http', allowed: [{ IPProtocol: 'tcp', ports: ['80'] }] })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/firewalls/insert
   */
  async ex_createFirewall(firewall: GCECreateFirewallOptions, options?: GCEChangeOptions): Promise<Owned<GCEFirewall>> {
    checkName(this, firewall.name, 'firewall.name', options)
    const json = { name: firewall.name, ...toRawFirewall(this, firewall, options) }
    await this.connection.insert('global', 'firewalls', json, options)
    const made = await this.ex_getFirewall({ id: firewall.name }, options)
    return owned(made, () => this.ex_destroyFirewall(made))
  }

  /**
   * Deletes a firewall rule.
   * @example await driver.ex_destroyFirewall({ id: 'allow-http' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/firewalls/delete
   */
  async ex_destroyFirewall(firewall: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, firewall, 'global', 'firewall', options),
      'firewalls',
      undefined,
      options,
    )
  }

  /**
   * Changes a firewall rule. What is left out stays.
   * @example await driver.ex_updateFirewall({ id: 'allow-http' }, { sourceRanges: ['192.0.2.0/24'] })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/firewalls/patch
   */
  async ex_updateFirewall(
    firewall: Ref,
    changes: GCEFirewallOptions,
    options?: GCEChangeOptions,
  ): Promise<GCEFirewall> {
    const place = placeOf(this, firewall, 'global', 'firewall', options)
    const { network, direction, ...rest } = toRawFirewall(this, changes, options)
    if (changes.direction !== undefined)
      throw refused(this, 'changes.direction', 'absent: it cannot be changed', options)
    const json = { name: place.name, ...rest, network: changes.network && network }
    await this.connection.act(place, 'firewalls', { method: 'PATCH', json }, options)
    return this.ex_getFirewall(firewall, options)
  }

  /**
   * Addresses that are reserved, of the driver's region, or of all places.
   * @example for await (const { id } of driver.ex_listAddresses()) console.log(id)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/addresses/aggregatedList
   */
  ex_listAddresses(options?: GCEListRegionalOptions): Pager<GCEAddress> {
    const spec = { map: toAddress, query: { filter: options?.ex_filter } }
    return this.connection.listIn(regionScope(this, options), 'addresses', spec, options)
  }

  /**
   * One address.
   * @example const { address } = await driver.ex_getAddress({ id: 'europe-west3/ip-1' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/addresses/get
   */
  async ex_getAddress(address: Ref, options?: CallOptions): Promise<GCEAddress> {
    const place = placeOf(this, address, 'regionOrGlobal', 'address', options)
    return this.connection.get(place, 'addresses', toAddress, undefined, options)
  }

  /**
   * Makes an address.
   * @example const { address } = await driver.ex_createAddress({ name: 'ip-1' })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/addresses/insert
   */
  async ex_createAddress(address: GCECreateAddressOptions, options?: GCEChangeOptions): Promise<Owned<GCEAddress>> {
    checkName(this, address.name, 'address.name', options)
    const scope = regionOrGlobal(this, address, options)
    const { subnetwork } = address
    const json = {
      name: address.name,
      description: address.description,
      address: address.address,
      addressType: address.addressType,
      subnetwork:
        subnetwork && linkTo(placeOf(this, subnetwork, 'region', 'address.subnetwork', options), 'subnetworks'),
      ipVersion: address.ipVersion,
    }
    await this.connection.insert(scope, 'addresses', json, options)
    const made = await this.ex_getAddress({ id: `${scope}/addresses/${address.name}` }, options)
    return owned(made, () => this.ex_destroyAddress(made))
  }

  /**
   * Deletes an address.
   * @example await driver.ex_destroyAddress({ id: 'europe-west3/ip-1' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/addresses/delete
   */
  async ex_destroyAddress(address: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, address, 'regionOrGlobal', 'address', options),
      'addresses',
      undefined,
      options,
    )
  }
}

function toRawFirewall(
  driver: GCENetworks,
  firewall: GCEFirewallOptions,
  options: CallOptions | undefined,
): Omit<GCEFirewallOptions, 'network'> & { network: string } {
  const { network = { id: 'default' } } = firewall
  return {
    description: firewall.description,
    network: linkTo(placeOf(driver, network, 'global', 'firewall.network', options), 'networks'),
    direction: firewall.direction,
    priority: firewall.priority,
    allowed: firewall.allowed,
    denied: firewall.denied,
    sourceRanges: firewall.sourceRanges,
    destinationRanges: firewall.destinationRanges,
    sourceTags: firewall.sourceTags,
    targetTags: firewall.targetTags,
    sourceServiceAccounts: firewall.sourceServiceAccounts,
    targetServiceAccounts: firewall.targetServiceAccounts,
    disabled: firewall.disabled,
  }
}
