import { path } from '../../lib/http/url.js'
import type { Pager } from '../../lib/pager.js'
import { LXDCertificates } from './certificates.js'
import { toRaw } from './convert.js'
import { exists, nameOf } from './names.js'
import type { LXDCallOptions, LXDChangeOptions, LXDConfig, LXDListOptions, LXDName, LXDUpdateOptions } from './types.js'

/** The cluster that the server is a member of. */
export interface LXDCluster {
  /** The name of this server in it; empty where there is none. */
  readonly serverName: string
  readonly enabled: boolean
  /** What a server that joins has to say of its own. */
  readonly memberConfig: readonly Readonly<Record<string, string>>[]
}
/** A server of the cluster. */
export interface LXDClusterMember {
  readonly serverName: string
  readonly url: string
  readonly database: boolean
  /** `'Online'`, `'Offline'`, `'Evacuated'`. */
  readonly status: string
  readonly message: string
  readonly architecture: string
  readonly description: string
  readonly failureDomain: string
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  readonly config: LXDConfig
}
export interface LXDClusterMemberChange {
  readonly description?: string | undefined
  readonly failureDomain?: string | undefined
  readonly roles?: readonly string[] | undefined
  readonly groups?: readonly string[] | undefined
  readonly config?: LXDConfig | undefined
}
/** Some of a cluster's servers. */
export interface LXDClusterGroup {
  readonly name: string
  readonly description: string
  readonly members: readonly string[]
}
export interface LXDClusterGroupChange {
  readonly description?: string | undefined
  readonly members?: readonly string[] | undefined
}
export interface LXDNewClusterGroup extends LXDClusterGroupChange {
  readonly name: string
}

/** The cluster, its servers and groups. */
export class LXDClusters extends LXDCertificates {
  /**
   * The cluster that the server is a member of.
   * @example const { enabled } = await driver.ex_getCluster()
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster/cluster_get
   */
  async ex_getCluster(options?: LXDCallOptions): Promise<LXDCluster> {
    return this.connection.get('/1.0/cluster', options)
  }

  /**
   * Makes the server the first member of a cluster. There is no way back.
   * @example await driver.ex_enableCluster('one')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster/cluster_put
   */
  async ex_enableCluster(serverName: string, options?: LXDChangeOptions): Promise<void> {
    const json = { enabled: true, server_name: nameOf(this.provider, serverName, 'serverName') }
    await this.connection.change({ method: 'PUT', path: '/1.0/cluster', json }, options)
  }

  /**
   * Replaces the certificate that all members of the cluster show.
   * @example await driver.ex_updateClusterCertificate(certificate, privateKey)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster/clustering_update_cert
   */
  async ex_updateClusterCertificate(certificate: string, key: string, options?: LXDCallOptions): Promise<void> {
    const json = { cluster_certificate: certificate, cluster_certificate_key: key }
    this.connection.conceal(key)
    await this.connection.change({ method: 'PUT', path: '/1.0/cluster/certificate', json }, options)
  }

  /**
   * Servers of the cluster.
   * @example for await (const { serverName, status } of driver.ex_listClusterMembers()) console.log(serverName, status)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster/cluster_members_get_recursion1
   */
  ex_listClusterMembers(options?: LXDListOptions): Pager<LXDClusterMember> {
    return this.connection.list('/1.0/cluster/members', options)
  }

  /**
   * One server of the cluster.
   * @example const { status } = await driver.ex_getClusterMember('one')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster/cluster_member_get
   */
  async ex_getClusterMember(member: LXDName, options?: LXDCallOptions): Promise<LXDClusterMember> {
    const at = path`/1.0/cluster/members/${nameOf(this.provider, member, 'member')}`
    return this.connection.get(at, options)
  }

  /**
   * A secret with which another server can join the cluster, once.
   * @example const token = await driver.ex_createClusterToken('two')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster/cluster_members_post
   */
  async ex_createClusterToken(serverName: string, options?: LXDCallOptions): Promise<string> {
    const json = { server_name: nameOf(this.provider, serverName, 'serverName') }
    const spec = { method: 'POST', path: '/1.0/cluster/members', json } as const
    const { metadata = {} } = await this.connection.change(spec, { ...options, ex_wait: false })
    const { secret, fingerprint, addresses, expiresAt: expires_at } = metadata
    this.connection.conceal(String(secret))
    const text = JSON.stringify({ server_name: serverName, fingerprint, addresses, secret, expires_at })
    return Buffer.from(text).toString('base64')
  }

  /**
   * Changes some of what a server of the cluster is.
   * @example await driver.ex_updateClusterMember('one', { description: 'Rack 3' })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster/cluster_member_put
   */
  async ex_updateClusterMember(
    member: LXDName,
    changes: LXDClusterMemberChange,
    options?: LXDUpdateOptions,
  ): Promise<void> {
    const at = path`/1.0/cluster/members/${nameOf(this.provider, member, 'member')}`
    // Written whole: of a part some servers take what is missing for what is to go.
    const { value, etag } = await this.connection.tagged<LXDClusterMember>(at, options)
    const { description, failureDomain, roles, groups, config } = value
    const json = toRaw({ description, failureDomain, roles, groups, config, ...changes })
    const spec = { method: 'PUT', path: at, json } as const
    await this.connection.change(spec, { ...options, ex_etag: options?.ex_etag ?? etag } as LXDUpdateOptions)
  }

  /**
   * Gives a server of the cluster another name.
   * @example await driver.ex_renameClusterMember('one', 'first')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster/cluster_member_post
   */
  async ex_renameClusterMember(member: LXDName, newName: string, options?: LXDCallOptions): Promise<void> {
    const at = path`/1.0/cluster/members/${nameOf(this.provider, member, 'member')}`
    const json = { server_name: nameOf(this.provider, newName, 'newName') }
    await this.connection.change({ method: 'POST', path: at, json }, options)
  }

  /**
   * Moves all instances from a server of the cluster, or back to it.
   * @example await driver.ex_changeClusterMemberState('one', 'evacuate')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster/cluster_member_state_post
   */
  async ex_changeClusterMemberState(
    member: LXDName,
    action: 'evacuate' | 'restore',
    options?: LXDChangeOptions,
  ): Promise<void> {
    const at = path`/1.0/cluster/members/${nameOf(this.provider, member, 'member')}`
    await this.connection.change({ method: 'POST', path: `${at}/state`, json: { action } }, options)
  }

  /**
   * Takes a server from the cluster. It must be empty.
   * @example await driver.ex_deleteClusterMember('two')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster/cluster_member_delete
   */
  async ex_deleteClusterMember(member: LXDName, options?: LXDCallOptions): Promise<void> {
    const at = path`/1.0/cluster/members/${nameOf(this.provider, member, 'member')}`
    await this.connection.change({ method: 'DELETE', path: at }, options)
  }

  /**
   * Groups of servers of the cluster.
   * @example for await (const { name } of driver.ex_listClusterGroups()) console.log(name)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster-groups/cluster_groups_get_recursion1
   */
  ex_listClusterGroups(options?: LXDListOptions): Pager<LXDClusterGroup> {
    return this.connection.list('/1.0/cluster/groups', options)
  }

  /**
   * One group of servers of the cluster.
   * @example const { members } = await driver.ex_getClusterGroup('gpu')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster-groups/cluster_group_get
   */
  async ex_getClusterGroup(group: LXDName, options?: LXDCallOptions): Promise<LXDClusterGroup> {
    return this.connection.get(path`/1.0/cluster/groups/${nameOf(this.provider, group, 'group')}`, options)
  }

  /**
   * Whether there is such a group of servers of the cluster.
   * @example if (await driver.ex_hasClusterGroup('gpu')) console.log('there')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster-groups/cluster_group_get
   */
  async ex_hasClusterGroup(group: LXDName, options?: LXDCallOptions): Promise<boolean> {
    return exists(this.ex_getClusterGroup(group, options))
  }

  /**
   * Makes a group of servers of the cluster.
   * @example await driver.ex_createClusterGroup({ name: 'gpu', members: ['one'] })
   * @throws ConflictError where there is one already
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster/cluster_groups_post
   */
  async ex_createClusterGroup(group: LXDNewClusterGroup, options?: LXDChangeOptions): Promise<LXDClusterGroup> {
    const name = nameOf(this.provider, group.name, 'group.name')
    await this.connection.change({ method: 'POST', path: '/1.0/cluster/groups', json: toRaw(group) }, options)
    return this.ex_getClusterGroup(name, options)
  }

  /**
   * Changes some of what a group of servers of the cluster is; what is not named stays. An empty string unsets a key.
   * @example await driver.ex_updateClusterGroup('gpu', { description: 'With graphics processors' })
   * @throws ConflictError where `ex_etag` is given, and it has changed since
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster-groups/cluster_group_patch
   */
  async ex_updateClusterGroup(
    group: LXDName,
    changes: LXDClusterGroupChange,
    options?: LXDUpdateOptions,
  ): Promise<void> {
    await this.connection.change(
      {
        method: 'PATCH',
        path: path`/1.0/cluster/groups/${nameOf(this.provider, group, 'group')}`,
        json: toRaw(changes),
      },
      options,
    )
  }

  /**
   * Gives a group of servers of the cluster another name.
   * @example await driver.ex_renameClusterGroup('gpu', 'other')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster-groups/cluster_group_post
   */
  async ex_renameClusterGroup(group: LXDName, newName: string, options?: LXDChangeOptions): Promise<void> {
    const json = { name: nameOf(this.provider, newName, 'newName') }
    await this.connection.change(
      { method: 'POST', path: path`/1.0/cluster/groups/${nameOf(this.provider, group, 'group')}`, json },
      options,
    )
  }

  /**
   * Deletes a group of servers of the cluster.
   * @example await driver.ex_deleteClusterGroup('gpu')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster-groups/cluster_group_delete
   */
  async ex_deleteClusterGroup(group: LXDName, options?: LXDChangeOptions): Promise<void> {
    await this.connection.change(
      { method: 'DELETE', path: path`/1.0/cluster/groups/${nameOf(this.provider, group, 'group')}` },
      options,
    )
  }
}
