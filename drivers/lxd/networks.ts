import { path } from '../../lib/http/url.js'
import type { Pager } from '../../lib/pager.js'
import { toRaw } from './convert.js'
import { LXDImages } from './images.js'
import { exists, nameOf } from './names.js'
import type { LXDCallOptions, LXDChangeOptions, LXDConfig, LXDListOptions, LXDName, LXDUpdateOptions } from './types.js'

/** A network. */
export interface LXDNetwork {
  readonly name: string
  readonly description: string
  /** `'bridge'`, `'ovn'`, `'macvlan'`, `'sriov'`, `'physical'`; of those that the server does not manage others too. */
  readonly type: string
  readonly managed: boolean
  /** `'Created'`, `'Pending'`, `'Errored'`, `'Unavailable'`. */
  readonly status: string
  readonly config: LXDConfig
  readonly locations: readonly string[] | undefined
  /** Addresses of what uses it. */
  readonly usedBy: readonly string[] | undefined
  readonly project?: string | undefined
}
export interface LXDNetworkChange {
  readonly description?: string | undefined
  readonly config?: LXDConfig | undefined
}
/** A network to be made. */
export interface LXDNewNetwork extends LXDNetworkChange {
  readonly name: string
  /** @defaultValue 'bridge' */
  readonly type?: string | undefined
}
/** What goes over a network. */
export interface LXDNetworkState {
  readonly addresses: readonly {
    readonly family: string
    readonly address: string
    readonly netmask: string
    readonly scope: string
  }[]
  readonly counters: Readonly<Record<string, number>>
  readonly hwaddr: string
  readonly mtu: number
  readonly state: string
  readonly type: string
}
/** An address that a network has given out. */
export interface LXDNetworkLease {
  readonly hostname: string
  readonly hwaddr: string
  readonly address: string
  /** `'static'`, `'dynamic'`, `'gateway'`. */
  readonly type: string
  readonly location: string
}
/** A port that leads elsewhere. */
export interface LXDForwardPort {
  readonly description?: string | undefined
  readonly protocol: 'tcp' | 'udp'
  /** `'80'`, `'80,443'`, `'8000-8010'`. */
  readonly listenPort: string
  readonly targetPort?: string | undefined
  readonly targetAddress: string
}
export interface LXDNetworkForwardChange {
  readonly description?: string | undefined
  /** `{ target_address: '10.0.0.2' }`: where all other ports lead. */
  readonly config?: LXDConfig | undefined
  readonly ports?: readonly LXDForwardPort[] | undefined
}
/** An address of the network whose ports lead elsewhere. */
export interface LXDNetworkForward {
  readonly listenAddress: string
  readonly description: string
  readonly config: LXDConfig
  readonly ports: readonly LXDForwardPort[]
  readonly location: string
}
export interface LXDNewNetworkForward extends LXDNetworkForwardChange {
  readonly listenAddress: string
}

/** Networks, and addresses whose ports lead elsewhere. */
export class LXDNetworks extends LXDImages {
  /**
   * Networks.
   * @example for await (const { name } of driver.ex_listNetworks()) console.log(name)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/networks/networks_get_recursion1
   */
  ex_listNetworks(options?: LXDListOptions): Pager<LXDNetwork> {
    return this.connection.list('/1.0/networks', options)
  }

  /**
   * One network.
   * @example const { config, usedBy } = await driver.ex_getNetwork('lxdbr0')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/networks/network_get
   */
  async ex_getNetwork(network: LXDName, options?: LXDCallOptions): Promise<LXDNetwork> {
    return this.connection.get(path`/1.0/networks/${nameOf(this.provider, network, 'network')}`, options)
  }

  /**
   * Whether there is such a network.
   * @example if (await driver.ex_hasNetwork('lxdbr0')) console.log('there')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/networks/network_get
   */
  async ex_hasNetwork(network: LXDName, options?: LXDCallOptions): Promise<boolean> {
    return exists(this.ex_getNetwork(network, options))
  }

  /**
   * Makes a network.
   * @example await driver.ex_createNetwork({ name: 'lxdbr0', config: { 'ipv4.address': '10.7.0.1/24' } })
   * @throws ConflictError where there is one already
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/networks/networks_post
   */
  async ex_createNetwork(network: LXDNewNetwork, options?: LXDChangeOptions): Promise<LXDNetwork> {
    const name = nameOf(this.provider, network.name, 'network.name')
    await this.connection.change({ method: 'POST', path: '/1.0/networks', json: toRaw(network) }, options)
    return this.ex_getNetwork(name, options)
  }

  /**
   * Changes some of what a network is; what is not named stays. An empty string unsets a key.
   * @example await driver.ex_updateNetwork('lxdbr0', { config: { 'ipv4.nat': 'true' } })
   * @throws ConflictError where `ex_etag` is given, and it has changed since
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/networks/network_patch
   */
  async ex_updateNetwork(network: LXDName, changes: LXDNetworkChange, options?: LXDUpdateOptions): Promise<void> {
    await this.connection.change(
      { method: 'PATCH', path: path`/1.0/networks/${nameOf(this.provider, network, 'network')}`, json: toRaw(changes) },
      options,
    )
  }

  /**
   * Gives a network another name.
   * @example await driver.ex_renameNetwork('lxdbr0', 'other')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/networks/network_post
   */
  async ex_renameNetwork(network: LXDName, newName: string, options?: LXDChangeOptions): Promise<void> {
    const json = { name: nameOf(this.provider, newName, 'newName') }
    await this.connection.change(
      { method: 'POST', path: path`/1.0/networks/${nameOf(this.provider, network, 'network')}`, json },
      options,
    )
  }

  /**
   * Deletes a network.
   * @example await driver.ex_deleteNetwork('lxdbr0')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/networks/network_delete
   */
  async ex_deleteNetwork(network: LXDName, options?: LXDChangeOptions): Promise<void> {
    await this.connection.change(
      { method: 'DELETE', path: path`/1.0/networks/${nameOf(this.provider, network, 'network')}` },
      options,
    )
  }

  /**
   * Addresses and counters of a network.
   * @example const { counters } = await driver.ex_getNetworkState('lxdbr0')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/networks/networks_state_get
   */
  async ex_getNetworkState(network: LXDName, options?: LXDCallOptions): Promise<LXDNetworkState> {
    const at = path`/1.0/networks/${nameOf(this.provider, network, 'network')}`
    return this.connection.get(`${at}/state`, options)
  }

  /**
   * Addresses that a network has given out.
   * @example for await (const { hostname, address } of driver.ex_listNetworkLeases('lxdbr0')) console.log(hostname, address)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/networks/networks_leases_get
   */
  ex_listNetworkLeases(network: LXDName, options?: LXDCallOptions): Pager<LXDNetworkLease> {
    const at = path`/1.0/networks/${nameOf(this.provider, network, 'network')}`
    return this.connection.list(`${at}/leases`, options, { query: { recursion: undefined } })
  }

  /**
   * Addresses of a network whose ports lead elsewhere.
   * @example for await (const { listenAddress } of driver.ex_listNetworkForwards('lxdbr0')) console.log(listenAddress)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-forwards/network_forward_get_recursion1
   */
  ex_listNetworkForwards(network: LXDName, options?: LXDListOptions): Pager<LXDNetworkForward> {
    return this.connection.list(path`/1.0/networks/${nameOf(this.provider, network, 'network')}/forwards`, options)
  }

  /**
   * One address of a network whose ports lead elsewhere.
   * @example const { ports } = await driver.ex_getNetworkForward('lxdbr0', '192.0.2.1')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-forwards/network_forward_get
   */
  async ex_getNetworkForward(
    network: LXDName,
    listenAddress: string,
    options?: LXDCallOptions,
  ): Promise<LXDNetworkForward> {
    return this.connection.get(
      path`/1.0/networks/${nameOf(this.provider, network, 'network')}/forwards/${listenAddress}`,
      options,
    )
  }

  /**
   * Whether there is such an address of a network whose ports lead elsewhere.
   * @example if (await driver.ex_hasNetworkForward('lxdbr0', '192.0.2.1')) console.log('there')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-forwards/network_forward_get
   */
  async ex_hasNetworkForward(network: LXDName, listenAddress: string, options?: LXDCallOptions): Promise<boolean> {
    return exists(this.ex_getNetworkForward(network, listenAddress, options))
  }

  /**
   * Makes an address of a network whose ports lead elsewhere.
   * @example await driver.ex_createNetworkForward('lxdbr0', { listenAddress: '192.0.2.1', ports: [{ protocol: 'tcp', listenPort: '80', targetAddress: '10.7.0.2' }] })
   * @throws ConflictError where there is one already
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-forwards/network_forwards_post
   */
  async ex_createNetworkForward(
    network: LXDName,
    forward: LXDNewNetworkForward,
    options?: LXDChangeOptions,
  ): Promise<LXDNetworkForward> {
    await this.connection.change(
      {
        method: 'POST',
        path: path`/1.0/networks/${nameOf(this.provider, network, 'network')}/forwards`,
        json: toRaw(forward),
      },
      options,
    )
    return this.ex_getNetworkForward(network, forward.listenAddress, options)
  }

  /**
   * Changes some of what an address of a network whose ports lead elsewhere is; what is not named stays. An empty string unsets a key.
   * @example await driver.ex_updateNetworkForward('lxdbr0', '192.0.2.1', { config: { target_address: '10.7.0.2' } })
   * @throws ConflictError where `ex_etag` is given, and it has changed since
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-forwards/network_forward_patch
   */
  async ex_updateNetworkForward(
    network: LXDName,
    listenAddress: string,
    changes: LXDNetworkForwardChange,
    options?: LXDUpdateOptions,
  ): Promise<void> {
    const at = path`/1.0/networks/${nameOf(this.provider, network, 'network')}/forwards/${listenAddress}`
    // Written whole: of a part servers before 5.1 make nothing but a closed connection.
    const { value, etag } = await this.connection.tagged<LXDNetworkForward>(at, options)
    const { description, config, ports } = value
    const json = toRaw({ description, config, ports, ...changes })
    const spec = { method: 'PUT', path: at, json } as const
    await this.connection.change(spec, { ...options, ex_etag: options?.ex_etag ?? etag } as LXDUpdateOptions)
  }

  /**
   * Deletes an address of a network whose ports lead elsewhere.
   * @example await driver.ex_deleteNetworkForward('lxdbr0', '192.0.2.1')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-forwards/network_forward_delete
   */
  async ex_deleteNetworkForward(network: LXDName, listenAddress: string, options?: LXDChangeOptions): Promise<void> {
    await this.connection.change(
      {
        method: 'DELETE',
        path: path`/1.0/networks/${nameOf(this.provider, network, 'network')}/forwards/${listenAddress}`,
      },
      options,
    )
  }
}
