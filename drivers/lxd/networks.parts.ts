import { readText } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { Pager } from '../../lib/pager.js'
import { toRaw } from './convert.js'
import { exists, nameOf } from './names.js'
import { LXDNetworks } from './networks.js'
import type { LXDCallOptions, LXDChangeOptions, LXDConfig, LXDListOptions, LXDName, LXDUpdateOptions } from './types.js'

/** A rule of a network's access list. */
export interface LXDNetworkAclRule {
  readonly action: 'allow' | 'reject' | 'drop' | 'allow-stateless'
  readonly state: 'enabled' | 'disabled' | 'logged'
  readonly description?: string | undefined
  /** Addresses or ranges, joined by commas. */
  readonly source?: string | undefined
  readonly destination?: string | undefined
  readonly protocol?: string | undefined
  readonly sourcePort?: string | undefined
  readonly destinationPort?: string | undefined
  readonly icmpType?: string | undefined
  readonly icmpCode?: string | undefined
}
export interface LXDNetworkAclChange {
  readonly description?: string | undefined
  readonly config?: LXDConfig | undefined
  readonly ingress?: readonly LXDNetworkAclRule[] | undefined
  readonly egress?: readonly LXDNetworkAclRule[] | undefined
}
/** A list of who may reach whom. */
export interface LXDNetworkAcl {
  readonly name: string
  readonly description: string
  readonly config: LXDConfig
  readonly ingress: readonly LXDNetworkAclRule[]
  readonly egress: readonly LXDNetworkAclRule[]
  readonly usedBy: readonly string[] | undefined
}
export interface LXDNewNetworkAcl extends LXDNetworkAclChange {
  readonly name: string
}
export interface LXDNetworkZoneChange {
  readonly description?: string | undefined
  readonly config?: LXDConfig | undefined
}
/** A DNS zone that the server answers for. */
export interface LXDNetworkZone {
  readonly name: string
  readonly description: string
  readonly config: LXDConfig
  readonly usedBy: readonly string[] | undefined
}
export interface LXDNewNetworkZone extends LXDNetworkZoneChange {
  readonly name: string
}
/** One record of a name. */
export interface LXDNetworkZoneEntry {
  readonly type: string
  readonly value: string
  /** Seconds. */
  readonly ttl?: number | undefined
}
export interface LXDNetworkZoneRecordChange {
  readonly description?: string | undefined
  readonly config?: LXDConfig | undefined
  readonly entries?: readonly LXDNetworkZoneEntry[] | undefined
}
/** A name of a zone, with its records. */
export interface LXDNetworkZoneRecord {
  readonly name: string
  readonly description: string
  readonly config: LXDConfig
  readonly entries: readonly LXDNetworkZoneEntry[]
}
export interface LXDNewNetworkZoneRecord extends LXDNetworkZoneRecordChange {
  readonly name: string
}

/** Access lists and DNS zones of networks. */
export class LXDNetworkParts extends LXDNetworks {
  /**
   * Lists of who may reach whom.
   * @example for await (const { name } of driver.ex_listNetworkAcls()) console.log(name)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-acls/network_acls_get_recursion1
   */
  ex_listNetworkAcls(options?: LXDListOptions): Pager<LXDNetworkAcl> {
    return this.connection.list('/1.0/network-acls', options)
  }

  /**
   * One access list.
   * @example const { ingress } = await driver.ex_getNetworkAcl('web')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-acls/network_acl_get
   */
  async ex_getNetworkAcl(acl: LXDName, options?: LXDCallOptions): Promise<LXDNetworkAcl> {
    return this.connection.get(path`/1.0/network-acls/${nameOf(this.provider, acl, 'acl')}`, options)
  }

  /**
   * Whether there is such an access list.
   * @example if (await driver.ex_hasNetworkAcl('web')) console.log('there')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-acls/network_acl_get
   */
  async ex_hasNetworkAcl(acl: LXDName, options?: LXDCallOptions): Promise<boolean> {
    return exists(this.ex_getNetworkAcl(acl, options))
  }

  /**
   * Makes an access list.
   * @example await driver.ex_createNetworkAcl({ name: 'web', ingress: [{ action: 'allow', state: 'enabled', protocol: 'tcp', destinationPort: '80' }] })
   * @throws ConflictError where there is one already
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-acls/network_acls_post
   */
  async ex_createNetworkAcl(acl: LXDNewNetworkAcl, options?: LXDChangeOptions): Promise<LXDNetworkAcl> {
    const name = nameOf(this.provider, acl.name, 'acl.name')
    await this.connection.change({ method: 'POST', path: '/1.0/network-acls', json: toRaw(acl) }, options)
    return this.ex_getNetworkAcl(name, options)
  }

  /**
   * Changes some of what an access list is; what is not named stays. An empty string unsets a key.
   * @example await driver.ex_updateNetworkAcl('web', { description: 'Web servers' })
   * @throws ConflictError where `ex_etag` is given, and it has changed since
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-acls/network_acl_patch
   */
  async ex_updateNetworkAcl(acl: LXDName, changes: LXDNetworkAclChange, options?: LXDUpdateOptions): Promise<void> {
    await this.connection.change(
      { method: 'PATCH', path: path`/1.0/network-acls/${nameOf(this.provider, acl, 'acl')}`, json: toRaw(changes) },
      options,
    )
  }

  /**
   * Gives an access list another name.
   * @example await driver.ex_renameNetworkAcl('web', 'other')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-acls/network_acl_post
   */
  async ex_renameNetworkAcl(acl: LXDName, newName: string, options?: LXDChangeOptions): Promise<void> {
    const json = { name: nameOf(this.provider, newName, 'newName') }
    await this.connection.change(
      { method: 'POST', path: path`/1.0/network-acls/${nameOf(this.provider, acl, 'acl')}`, json },
      options,
    )
  }

  /**
   * Deletes an access list.
   * @example await driver.ex_deleteNetworkAcl('web')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-acls/network_acl_delete
   */
  async ex_deleteNetworkAcl(acl: LXDName, options?: LXDChangeOptions): Promise<void> {
    await this.connection.change(
      { method: 'DELETE', path: path`/1.0/network-acls/${nameOf(this.provider, acl, 'acl')}` },
      options,
    )
  }

  /**
   * What was logged of an access list.
   * @example const text = await driver.ex_getNetworkAclLog('web')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-acls/network_acl_log_get
   */
  async ex_getNetworkAclLog(acl: LXDName, options?: LXDCallOptions): Promise<string> {
    const at = path`/1.0/network-acls/${nameOf(this.provider, acl, 'acl')}/log`
    const spec = { path: at, query: this.connection.query(options), read: readText }
    return (await this.connection.request(spec, options)).body
  }

  /**
   * DNS zones that the server answers for.
   * @example for await (const { name } of driver.ex_listNetworkZones()) console.log(name)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-zones/network_zones_get_recursion1
   */
  ex_listNetworkZones(options?: LXDListOptions): Pager<LXDNetworkZone> {
    return this.connection.list('/1.0/network-zones', options)
  }

  /**
   * One DNS zone.
   * @example const { config } = await driver.ex_getNetworkZone('lxd.example.net')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-zones/network_zone_get
   */
  async ex_getNetworkZone(zone: LXDName, options?: LXDCallOptions): Promise<LXDNetworkZone> {
    return this.connection.get(path`/1.0/network-zones/${nameOf(this.provider, zone, 'zone')}`, options)
  }

  /**
   * Whether there is such a DNS zone.
   * @example if (await driver.ex_hasNetworkZone('lxd.example.net')) console.log('there')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-zones/network_zone_get
   */
  async ex_hasNetworkZone(zone: LXDName, options?: LXDCallOptions): Promise<boolean> {
    return exists(this.ex_getNetworkZone(zone, options))
  }

  /**
   * Makes a DNS zone.
   * @example await driver.ex_createNetworkZone({ name: 'lxd.example.net' })
   * @throws ConflictError where there is one already
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-zones/network_zones_post
   */
  async ex_createNetworkZone(zone: LXDNewNetworkZone, options?: LXDChangeOptions): Promise<LXDNetworkZone> {
    const name = nameOf(this.provider, zone.name, 'zone.name')
    await this.connection.change({ method: 'POST', path: '/1.0/network-zones', json: toRaw(zone) }, options)
    return this.ex_getNetworkZone(name, options)
  }

  /**
   * Changes some of what a DNS zone is; what is not named stays. An empty string unsets a key.
   * @example await driver.ex_updateNetworkZone('lxd.example.net', { description: 'Instances' })
   * @throws ConflictError where `ex_etag` is given, and it has changed since
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-zones/network_zone_patch
   */
  async ex_updateNetworkZone(zone: LXDName, changes: LXDNetworkZoneChange, options?: LXDUpdateOptions): Promise<void> {
    await this.connection.change(
      { method: 'PATCH', path: path`/1.0/network-zones/${nameOf(this.provider, zone, 'zone')}`, json: toRaw(changes) },
      options,
    )
  }

  /**
   * Deletes a DNS zone.
   * @example await driver.ex_deleteNetworkZone('lxd.example.net')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-zones/network_zone_delete
   */
  async ex_deleteNetworkZone(zone: LXDName, options?: LXDChangeOptions): Promise<void> {
    await this.connection.change(
      { method: 'DELETE', path: path`/1.0/network-zones/${nameOf(this.provider, zone, 'zone')}` },
      options,
    )
  }

  /**
   * Names of a DNS zone that were added to those of instances.
   * @example for await (const { name } of driver.ex_listNetworkZoneRecords('lxd.example.net')) console.log(name)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-zones/network_zone_records_get_recursion1
   */
  ex_listNetworkZoneRecords(zone: LXDName, options?: LXDListOptions): Pager<LXDNetworkZoneRecord> {
    return this.connection.list(path`/1.0/network-zones/${nameOf(this.provider, zone, 'zone')}/records`, options)
  }

  /**
   * One name of a DNS zone.
   * @example const { entries } = await driver.ex_getNetworkZoneRecord('lxd.example.net', 'www')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-zones/network_zone_record_get
   */
  async ex_getNetworkZoneRecord(
    zone: LXDName,
    record: LXDName,
    options?: LXDCallOptions,
  ): Promise<LXDNetworkZoneRecord> {
    return this.connection.get(
      path`/1.0/network-zones/${nameOf(this.provider, zone, 'zone')}/records/${nameOf(this.provider, record, 'record')}`,
      options,
    )
  }

  /**
   * Whether there is such a name of a DNS zone.
   * @example if (await driver.ex_hasNetworkZoneRecord('lxd.example.net', 'www')) console.log('there')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-zones/network_zone_record_get
   */
  async ex_hasNetworkZoneRecord(zone: LXDName, record: LXDName, options?: LXDCallOptions): Promise<boolean> {
    return exists(this.ex_getNetworkZoneRecord(zone, record, options))
  }

  /**
   * Makes a name of a DNS zone.
   * @example await driver.ex_createNetworkZoneRecord('lxd.example.net', { name: 'www', entries: [{ type: 'A', value: '192.0.2.1', ttl: 300 }] })
   * @throws ConflictError where there is one already
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-zones/network_zone_records_post
   */
  async ex_createNetworkZoneRecord(
    zone: LXDName,
    record: LXDNewNetworkZoneRecord,
    options?: LXDChangeOptions,
  ): Promise<LXDNetworkZoneRecord> {
    const name = nameOf(this.provider, record.name, 'record.name')
    await this.connection.change(
      {
        method: 'POST',
        path: path`/1.0/network-zones/${nameOf(this.provider, zone, 'zone')}/records`,
        json: toRaw(record),
      },
      options,
    )
    return this.ex_getNetworkZoneRecord(zone, name, options)
  }

  /**
   * Changes some of what a name of a DNS zone is; what is not named stays. An empty string unsets a key.
   * @example await driver.ex_updateNetworkZoneRecord('lxd.example.net', 'www', { description: 'Web' })
   * @throws ConflictError where `ex_etag` is given, and it has changed since
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-zones/network_zone_record_patch
   */
  async ex_updateNetworkZoneRecord(
    zone: LXDName,
    record: LXDName,
    changes: LXDNetworkZoneRecordChange,
    options?: LXDUpdateOptions,
  ): Promise<void> {
    await this.connection.change(
      {
        method: 'PATCH',
        path: path`/1.0/network-zones/${nameOf(this.provider, zone, 'zone')}/records/${nameOf(this.provider, record, 'record')}`,
        json: toRaw(changes),
      },
      options,
    )
  }

  /**
   * Deletes a name of a DNS zone.
   * @example await driver.ex_deleteNetworkZoneRecord('lxd.example.net', 'www')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-zones/network_zone_record_delete
   */
  async ex_deleteNetworkZoneRecord(zone: LXDName, record: LXDName, options?: LXDChangeOptions): Promise<void> {
    await this.connection.change(
      {
        method: 'DELETE',
        path: path`/1.0/network-zones/${nameOf(this.provider, zone, 'zone')}/records/${nameOf(this.provider, record, 'record')}`,
      },
      options,
    )
  }
}
