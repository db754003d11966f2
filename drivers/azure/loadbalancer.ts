import { connect } from '../../lib/driver.js'
import { path } from '../../lib/http/url.js'
import type { LoadBalancerApi } from '../../lib/loadbalancer/api.js'
import { LoadBalancerDriver } from '../../lib/loadbalancer/driver.js'
import {
  Algorithm,
  type CreateBalancerOptions,
  type LoadBalancer,
  Member,
  type MemberAddress,
  type MemberRef,
  type NodeAddress,
  type UpdateBalancerOptions,
} from '../../lib/loadbalancer/types.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { ArmConnection } from './arm.connection.js'
import { checkNewName, idOf, idPath, type ResourceId, readId, refused } from './arm.ids.js'
import {
  type AzureBalancerExtra,
  type AzureMemberExtra,
  BALANCERS,
  DISTRIBUTIONS,
  MADE_FOR,
  NETWORK_VERSION,
  NO_BALANCER,
  type RawBackendAddress,
  type RawBalancer,
  type RawPool,
  toBalancer,
  toMembers,
} from './loadbalancer.shared.js'
import { ARM_CREDENTIALS, type AzureOptions, azureOptions } from './options.js'

export type { AzureBalancerExtra, AzureBalancerRule, AzureMemberExtra } from './loadbalancer.shared.js'
export type { AzureCloud, AzureOptions, AzureSignInOptions } from './options.js'

const PROTOCOLS = ['tcp', 'udp', 'all']
const version = NETWORK_VERSION
const EXPANDED = 'frontendIPConfigurations/publicIPAddress'

/** What `createBalancer` takes. */
export interface AzureCreateBalancerOptions extends CreateBalancerOptions {
  /** @defaultValue the driver's */
  ex_resourceGroup?: string | undefined
  /** @defaultValue the driver's region */
  ex_location?: string | undefined
  /** The virtual network that the members' addresses are in; needed where there are any. */
  ex_network?: Ref | undefined
  /** An internal balancer listens in this subnet, and has no public address. */
  ex_subnet?: Ref | undefined
  /** The public address that it listens on. @defaultValue a new one, which goes with the balancer */
  ex_publicIp?: Ref | undefined
  /** The path that is asked to find out whether a member is well. @defaultValue none: a connection is enough */
  ex_healthPath?: string | undefined
  ex_tags?: Readonly<Record<string, string>> | undefined
}
export interface AzureMemberOptions extends WaitOptions {
  /** The virtual network that the member's address is in. @defaultValue that of the other members */
  ex_network?: Ref | undefined
}

/**
 * Azure Load Balancer: it passes connections on, and does not look into them. Members are addresses in a virtual network,
 * and get traffic at the port to which the first rule leads.
 *
 * @example
 * ```ts
 * const members = [{ ip: '10.0.0.4', port: 8080 }]
 * const balancer = await driver.createBalancer({ name: 'web', port: 80, protocol: 'tcp', members, ex_network: { id: 'net' } })
 * ```
 * @see https://learn.microsoft.com/azure/load-balancer/load-balancer-overview
 */
export class AzureLBDriver extends LoadBalancerDriver implements Partial<LoadBalancerApi> {
  readonly provider = 'azure_lb'
  readonly algorithms: readonly Algorithm[] = [Algorithm.RANDOM, Algorithm.PERSISTENT_IP]
  declare readonly connection: ArmConnection

  constructor(options: AzureOptions = {}) {
    super({ vendor: 'azure', credentials: ARM_CREDENTIALS }, azureOptions(options, 'azure_lb'))
    connect(this, new ArmConnection(this))
  }

  /** Nothing is asked. */
  listProtocols(options?: CallOptions): Pager<string> {
    return onePage(async () => PROTOCOLS, options)
  }

  /** A list does not tell public addresses: `getBalancer` does.
   * @see https://learn.microsoft.com/rest/api/load-balancer/load-balancers/list-all */
  listBalancers(options?: CallOptions): Pager<LoadBalancer<AzureBalancerExtra>> {
    const at = (subscription: string): string =>
      path`/subscriptions/${subscription}/providers/Microsoft.Network/loadBalancers`
    const map = (raw: RawBalancer): LoadBalancer<AzureBalancerExtra> => toBalancer(this, raw)
    return this.connection.list({ path: at, version, map }, options)
  }

  /** @see https://learn.microsoft.com/rest/api/load-balancer/load-balancers/get */
  async getBalancer(balancerId: string, options?: CallOptions): Promise<LoadBalancer<AzureBalancerExtra>> {
    return toBalancer(this, await this.#read(balancerId, 'balancerId', options))
  }

  /**
   * It is awaited. A public address is made for it first, and given back should anything fail.
   * @see https://learn.microsoft.com/rest/api/load-balancer/load-balancers/create-or-update
   */
  async createBalancer(
    balancer: AzureCreateBalancerOptions,
    options?: WaitOptions,
  ): Promise<Owned<LoadBalancer<AzureBalancerExtra>>> {
    const { name } = balancer
    checkNewName(this.provider, operationOf(options), 'balancer.name', name)
    this.#check('balancer', balancer, options)
    const group = this.connection.group(balancer.ex_resourceGroup, 'balancer.ex_resourceGroup', options)
    const location = this.connection.location(balancer.ex_location, 'balancer.ex_location', options)
    const subscription = await this.connection.subscription(options)
    const at: ResourceId = { subscription, group, type: BALANCERS, names: [name] }
    const json = {
      location,
      sku: { name: 'Standard' },
      tags: balancer.ex_tags,
      properties: await this.#settings(at, balancer, options),
    }
    const needsAddress = balancer.ex_subnet === undefined && balancer.ex_publicIp === undefined
    const address = needsAddress ? await this.#makeAddress(at, location, options) : undefined
    const frontend = await this.#frontend(balancer, address, options)
    const whole = { ...json, properties: { frontendIPConfigurations: [frontend], ...json.properties } }
    const headers = { 'if-none-match': '*' }
    const spec = { method: 'PUT', path: idPath(at), version, json: whole, headers } as const
    let accepted = false
    try {
      await this.connection.operate(
        spec,
        () => {
          accepted = true
        },
        options,
      )
      const made = await this.getBalancer(idOf(at), options)
      return owned(made, () => this.destroyBalancer(made))
    } catch (error) {
      // What was refused is not there; a balancer of this name that was there before is not ours to take away.
      if (accepted) await this.#remove(idPath(at)).catch(() => {})
      if (address !== undefined) await this.#remove(address).catch(() => {})
      throw error
    }
  }

  /** The port, the protocol and the algorithm are those of the first rule. It is awaited.
   * @see https://learn.microsoft.com/rest/api/load-balancer/load-balancers/create-or-update */
  async updateBalancer(
    balancer: Ref,
    changes: UpdateBalancerOptions,
    options?: WaitOptions,
  ): Promise<LoadBalancer<AzureBalancerExtra>> {
    this.#check('changes', changes, options)
    if (changes.name !== undefined)
      throw refused(this.provider, operationOf(options), 'changes.name', 'absent: a name cannot be changed')
    const raw = await this.#read(balancer.id, 'balancer.id', options)
    const [first, ...rules] = raw.properties?.loadBalancingRules ?? []
    if (first === undefined) throw refused(this.provider, operationOf(options), 'balancer', 'one that has a rule')
    const { port, protocol, algorithm } = changes
    const properties = {
      ...first.properties,
      ...(port !== undefined && { frontendPort: port }),
      ...(protocol !== undefined && { protocol: capital(protocol) }),
      ...(algorithm !== undefined && { loadDistribution: DISTRIBUTIONS[algorithm] }),
    }
    const json = writable({
      ...raw,
      properties: { ...raw.properties, loadBalancingRules: [{ ...first, properties }, ...rules] },
    })
    const at = await this.connection.pathTo(balancer.id, BALANCERS, 'balancer.id', options)
    await this.connection.operate(
      { method: 'PUT', path: at, version, json, errors: NO_BALANCER },
      () => undefined,
      options,
    )
    return this.getBalancer(balancer.id, options)
  }

  /** With the public address that was made for it. It is awaited.
   * @see https://learn.microsoft.com/rest/api/load-balancer/load-balancers/delete */
  async destroyBalancer(balancer: Ref, options?: WaitOptions): Promise<void> {
    const raw = await this.#read(balancer.id, 'balancer.id', options)
    const at = await this.connection.pathTo(balancer.id, BALANCERS, 'balancer.id', options)
    await this.#remove(at, options)
    const addresses = (raw.properties?.frontendIPConfigurations ?? []).map(each => each.properties?.publicIPAddress)
    for (const address of addresses) {
      const id = address?.tags?.[MADE_FOR] === raw.name ? readId(address.id) : undefined
      if (id) await this.#remove(idPath(id), options)
    }
  }

  /** @see https://learn.microsoft.com/rest/api/load-balancer/load-balancers/get */
  balancerListMembers(balancer: Ref, options?: CallOptions): Pager<Member<AzureMemberExtra>> {
    return onePage(
      async () => toMembers(this, await this.#read(balancer.id, 'balancer.id', options), balancer),
      options,
    )
  }

  /** By its first private address: traffic does not leave the network.
   * @throws InvalidRequestError when it has none. */
  override async balancerAttachComputeNode<M>(
    this: LoadBalancerDriver & {
      getBalancer: (balancerId: string, options?: CallOptions) => Promise<LoadBalancer>
      balancerAttachMember: (balancer: Ref, member: MemberAddress, options?: CallOptions) => Promise<M>
    },
    balancer: Ref,
    node: NodeAddress,
    options?: CallOptions,
  ): Promise<M> {
    const [ip] = node.privateIps ?? []
    if (ip === undefined)
      throw refused(this.provider, operationOf(options), 'node', 'a node that has a private address')
    const { port } = 'port' in balancer ? (balancer as LoadBalancer) : await this.getBalancer(balancer.id, options)
    return this.balancerAttachMember(balancer, { id: node.id, ip, port }, options)
  }

  /**
   * Puts an address into the first pool. Its port is not sent: it is the rule's. It is awaited.
   * @see https://learn.microsoft.com/rest/api/load-balancer/load-balancer-backend-address-pools/create-or-update
   */
  async balancerAttachMember(
    balancer: Ref,
    member: MemberAddress,
    options?: AzureMemberOptions,
  ): Promise<Member<AzureMemberExtra>> {
    const given = options?.ex_network && (await this.#networkId(options.ex_network, 'options.ex_network', options))
    const raw = await this.#read(balancer.id, 'balancer.id', options)
    const pool = this.#poolOf(raw, options)
    const old = pool.properties?.loadBalancerBackendAddresses ?? []
    const network = given ?? toMembers(this, raw, balancer).find(each => each.extra.networkId)?.extra.networkId
    if (network === undefined)
      throw refused(
        this.provider,
        operationOf(options),
        'options.ex_network',
        'a virtual network: the balancer has no members that tell it',
      )
    const added = addressOf(member.ip, network)
    const changed = await this.#writePool(
      balancer,
      pool,
      [...old.filter(each => each.name !== added.name), added],
      options,
    )
    const [found] = toMembers(
      this,
      { ...raw, properties: { ...raw.properties, backendAddressPools: [changed] } },
      balancer,
    ).filter(each => each.ip === member.ip)
    return (
      found ??
      new Member<AzureMemberExtra>(this, {
        id: added.name,
        ip: member.ip,
        port: member.port,
        balancer,
        extra: { networkId: network, pool: pool.name, ipConfigurationId: undefined },
      })
    )
  }

  /** It is awaited.
   * @see https://learn.microsoft.com/rest/api/load-balancer/load-balancer-backend-address-pools/create-or-update */
  async balancerDetachMember(balancer: Ref, member: MemberRef, options?: WaitOptions): Promise<void> {
    const raw = await this.#read(balancer.id, 'balancer.id', options)
    const isMeant = ({ name, properties }: RawBackendAddress): boolean =>
      'id' in member ? name === member.id : properties?.ipAddress === member.ip
    const pool = raw.properties?.backendAddressPools?.find(each =>
      each.properties?.loadBalancerBackendAddresses?.some(isMeant),
    )
    if (pool === undefined) throw refused(this.provider, operationOf(options), 'member', 'a member of the balancer')
    const left = (pool.properties?.loadBalancerBackendAddresses ?? []).filter(each => !isMeant(each))
    await this.#writePool(balancer, pool, left, options)
  }

  async #read(id: string, argument: string, options: CallOptions | undefined): Promise<RawBalancer> {
    const at = await this.connection.pathTo(id, BALANCERS, argument, options)
    const read = (raw: RawBalancer): RawBalancer => {
      if (typeof raw.id !== 'string' || typeof raw.name !== 'string') throw new Error('The reply is no balancer')
      return raw
    }
    return this.connection.one({ path: at, version, query: { $expand: EXPANDED }, errors: NO_BALANCER }, read, options)
  }

  async #remove(at: string, options?: WaitOptions): Promise<void> {
    await this.connection.operate({ method: 'DELETE', path: at, version }, () => undefined, options)
  }

  #poolOf(raw: RawBalancer, options: CallOptions | undefined): RawPool {
    const [pool] = raw.properties?.backendAddressPools ?? []
    if (pool === undefined)
      throw refused(this.provider, operationOf(options), 'balancer', 'one that has a pool of members')
    return pool
  }

  async #writePool(
    balancer: Ref,
    pool: RawPool,
    addresses: readonly RawBackendAddress[],
    options: WaitOptions | undefined,
  ): Promise<RawPool> {
    const at =
      (await this.connection.pathTo(balancer.id, BALANCERS, 'balancer.id', options)) +
      path`/backendAddressPools/${pool.name}`
    const json = { name: pool.name, properties: { loadBalancerBackendAddresses: addresses.map(plainAddress) } }
    const headers = { 'if-match': pool.etag }
    const spec = { method: 'PUT', path: at, version, json, headers, errors: NO_BALANCER } as const
    return this.connection.operate(spec, (raw: RawPool | undefined) => raw ?? pool, options)
  }

  async #networkId(network: Ref, argument: string, options: CallOptions | undefined): Promise<string> {
    return idOf(await this.connection.locate(network.id, 'Microsoft.Network/virtualNetworks', argument, options))
  }

  #check(argument: string, { protocol, algorithm }: UpdateBalancerOptions, options: CallOptions | undefined): void {
    if (protocol !== undefined && !PROTOCOLS.includes(protocol))
      throw refused(this.provider, operationOf(options), `${argument}.protocol`, `one of ${PROTOCOLS.join(', ')}`)
    if (algorithm !== undefined && !this.algorithms.includes(algorithm))
      throw refused(
        this.provider,
        operationOf(options),
        `${argument}.algorithm`,
        `absent, or '${this.algorithms.join("', '")}'`,
      )
  }

  async #frontend(
    balancer: AzureCreateBalancerOptions,
    address: string | undefined,
    options: CallOptions | undefined,
  ): Promise<object> {
    const { ex_subnet: subnet, ex_publicIp: given } = balancer
    if (subnet !== undefined) {
      const id = idOf(
        await this.connection.locate(
          subnet.id,
          'Microsoft.Network/virtualNetworks/subnets',
          'balancer.ex_subnet',
          options,
        ),
      )
      return { name: 'frontend', properties: { subnet: { id }, privateIPAllocationMethod: 'Dynamic' } }
    }
    const id = given
      ? idOf(
          await this.connection.locate(
            given.id,
            'Microsoft.Network/publicIPAddresses',
            'balancer.ex_publicIp',
            options,
          ),
        )
      : address
    return { name: 'frontend', properties: { publicIPAddress: { id } } }
  }

  /** A public address that goes with the balancer: its path, which is its id. */
  async #makeAddress(at: ResourceId, location: string, options: WaitOptions | undefined): Promise<string> {
    const [name = ''] = at.names
    const place = { ...at, type: 'Microsoft.Network/publicIPAddresses', names: [`${name}-ip`] }
    const json = {
      location,
      sku: { name: 'Standard' },
      tags: { [MADE_FOR]: name },
      properties: { publicIPAllocationMethod: 'Static' },
    }
    const headers = { 'if-none-match': '*' }
    await this.connection.operate(
      { method: 'PUT', path: idPath(place), version, json, headers },
      () => undefined,
      options,
    )
    return idOf(place)
  }

  async #settings(
    at: ResourceId,
    balancer: AzureCreateBalancerOptions,
    options: CallOptions | undefined,
  ): Promise<object> {
    const {
      port,
      protocol = 'tcp',
      algorithm = Algorithm.RANDOM,
      members = [],
      ex_network: network,
      ex_healthPath: requestPath,
    } = balancer
    const memberPort = members[0]?.port ?? port
    if (members.some(each => each.port !== memberPort))
      throw refused(this.provider, operationOf(options), 'balancer.members', 'members that all have the same port')
    if (members.length > 0 && network === undefined)
      throw refused(
        this.provider,
        operationOf(options),
        'balancer.ex_network',
        "the virtual network that the members' addresses are in",
      )
    const networkId = network && (await this.#networkId(network, 'balancer.ex_network', options))
    const addresses = members.map(each => addressOf(each.ip, networkId as string))
    const within = (type: string, name: string): Ref => ({ id: `${idOf(at)}/${type}/${name}` })
    return {
      backendAddressPools: [{ name: 'members', properties: { loadBalancerBackendAddresses: addresses } }],
      probes: [
        {
          name: 'probe',
          properties: {
            protocol: requestPath === undefined ? 'Tcp' : 'Http',
            port: memberPort,
            requestPath,
            intervalInSeconds: 15,
            numberOfProbes: 2,
          },
        },
      ],
      loadBalancingRules: [
        {
          name: 'rule',
          properties: {
            protocol: capital(protocol),
            frontendPort: port,
            backendPort: memberPort,
            loadDistribution: DISTRIBUTIONS[algorithm],
            frontendIPConfiguration: within('frontendIPConfigurations', 'frontend'),
            backendAddressPool: within('backendAddressPools', 'members'),
            probe: within('probes', 'probe'),
          },
        },
      ],
    }
  }
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

function addressOf(ip: string, networkId: string): RawBackendAddress {
  return { name: ip.replace(/[^A-Za-z0-9]/g, '-'), properties: { ipAddress: ip, virtualNetwork: { id: networkId } } }
}

/** What may be written of a member. */
function plainAddress({ name, properties = {} }: RawBackendAddress): RawBackendAddress {
  const { ipAddress, virtualNetwork, subnet, adminState } = properties
  return {
    name,
    properties: {
      ...(ipAddress && { ipAddress }),
      ...(virtualNetwork && { virtualNetwork }),
      ...(subnet && { subnet }),
      ...(adminState && { adminState }),
    },
  }
}

const READ_ONLY =
  /^(?:etag|type|provisioningState|resourceGuid|inboundNatRules|outboundRules|loadBalancingRules|backendIPConfigurations|backendIPConfiguration|outboundRule)$/

/** A balancer as it may be written: what Azure alone tells is left out. */
function writable({ location, tags, sku, properties = {} }: RawBalancer): object {
  const { provisioningState: _, ...lists } = properties
  const plain = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part
    const { properties: inner, ...rest } = part as { properties?: object }
    const members = (from: object): object =>
      Object.fromEntries(
        Object.entries(from)
          .filter(([name]) => !READ_ONLY.test(name))
          .map(([name, value]) => [name, reference(name, value)]),
      )
    return { ...members(rest), ...(inner && { properties: members(inner) }) }
  }
  const written = Object.entries(lists).filter(([name]) => !/^resourceGuid$/.test(name))
  return {
    location,
    tags,
    sku,
    properties: Object.fromEntries(written.map(([name, list]) => [name, Array.isArray(list) ? list.map(plain) : list])),
  }
}

/** What is another resource is written by its id alone. */
function reference(name: string, value: unknown): unknown {
  if (!/^(?:publicIPAddress|subnet)$/.test(name) || typeof value !== 'object' || value === null) return value
  return { id: (value as Ref).id }
}
