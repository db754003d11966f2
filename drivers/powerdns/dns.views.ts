import { absoluteName, checked } from '../../lib/dns/content.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { PowerDNSKeys } from './dns.keys.js'

/** Clients of a network are answered from a view. */
export interface PowerDNSNetwork {
  /** An address and the length of its prefix: `192.0.2.0/24`. */
  readonly network: string
  readonly view: string
}

/** Views, which answer one network's clients otherwise than another's. Servers have them from version 5. */
export abstract class PowerDNSViews extends PowerDNSKeys {
  /**
   * The names of all views. Servers before version 5 answer 404.
   * @example for await (const view of driver.ex_listViews()) console.log(view)
   * @see https://doc.powerdns.com/authoritative/http-api/views.html
   * @throws NotFoundError by servers that have no views
   */
  ex_listViews(options?: CallOptions): Pager<string> {
    return onePage(async () => {
      const spec = { path: path`${this.connection.root}/views` }
      const { body } = await this.connection.request<{ views?: readonly string[] }>(spec, options)
      return body.views ?? []
    }, options)
  }

  /**
   * The zones of a view: names with their final dot, and of variants the variant after it. From version 5.
   * @example const zones = await driver.ex_listViewZones('internal')
   * @see https://doc.powerdns.com/authoritative/http-api/views.html
   * @throws NotFoundError
   */
  ex_listViewZones(view: string, options?: CallOptions): Pager<string> {
    return onePage(async () => {
      const spec = { path: path`${this.connection.root}/views/${view}` }
      const { body } = await this.connection.request<{ zones?: readonly string[] }>(spec, options)
      return body.zones ?? []
    }, options)
  }

  /**
   * Puts a zone, or a variant of one, into a view, which is made where there is none. From version 5.
   * @example await driver.ex_addZoneToView('internal', 'example.com..private')
   * @see https://doc.powerdns.com/authoritative/http-api/views.html
   * @throws NotFoundError by servers that have no views
   */
  async ex_addZoneToView(view: string, zoneName: string, options?: CallOptions): Promise<void> {
    const spec = {
      method: 'POST',
      path: path`${this.connection.root}/views/${view}`,
      json: { name: this.#zoneName(zoneName) },
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  /**
   * Takes a zone, or a variant of one, out of a view. From version 5.
   * @example await driver.ex_removeZoneFromView('internal', zone)
   * @see https://doc.powerdns.com/authoritative/http-api/views.html
   * @throws NotFoundError
   */
  async ex_removeZoneFromView(view: string, zone: Ref, options?: CallOptions): Promise<void> {
    const at = path`${this.connection.root}/views/${view}/${zone.id}`
    await this.connection.request({ method: 'DELETE', path: at, read: readNothing }, options)
  }

  /**
   * The networks that have a view. From version 5.
   * @example for await (const { network, view } of driver.ex_listNetworks()) console.log(network, view)
   * @see https://doc.powerdns.com/authoritative/http-api/networks.html
   * @throws NotFoundError by servers that have no networks
   */
  ex_listNetworks(options?: CallOptions): Pager<PowerDNSNetwork> {
    return onePage(async () => {
      const spec = { path: path`${this.connection.root}/networks` }
      const { body } = await this.connection.request<{ networks?: readonly PowerDNSNetwork[] }>(spec, options)
      return body.networks ?? []
    }, options)
  }

  /**
   * The view of a network. From version 5.
   * @example const { view } = await driver.ex_getNetwork('192.0.2.0', 24)
   * @see https://doc.powerdns.com/authoritative/http-api/networks.html
   * @throws NotFoundError
   */
  async ex_getNetwork(address: string, prefixLength: number, options?: CallOptions): Promise<PowerDNSNetwork> {
    const spec = { path: path`${this.connection.root}/networks/${address}/${prefixLength}` }
    const { body } = await this.connection.request<PowerDNSNetwork>(spec, options)
    return body
  }

  /**
   * Gives a network a view; an empty one takes it away. From version 5.
   * @example await driver.ex_setNetwork('192.0.2.0', 24, 'internal')
   * @see https://doc.powerdns.com/authoritative/http-api/networks.html
   * @throws NotFoundError by servers that have no networks
   */
  async ex_setNetwork(address: string, prefixLength: number, view: string, options?: CallOptions): Promise<void> {
    const spec = {
      method: 'PUT',
      path: path`${this.connection.root}/networks/${address}/${prefixLength}`,
      json: { view },
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  /** A variant stands behind two dots. */
  #zoneName(name: string): string {
    const [, domain = name, variant = ''] = /^(.*?)\.(\.[^.]+)$/.exec(name) ?? []
    return checked(this.provider, 'zoneName', () => absoluteName(domain)) + variant
  }
}
