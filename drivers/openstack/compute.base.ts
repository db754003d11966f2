import { NodeDriver } from '../../lib/compute/driver.js'
import { NodeDoesNotExistError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import type { OpenStackListOptions } from './compute.shared.js'
import type { OpenStackConnection } from './connection.js'
import type { ServiceSpec } from './reply.js'
import { type OpenStackNode, type RawServer, toNode } from './server.js'
import { createVersion, type OpenStackCreateNodeOptions, SERVER_VERSION, toRawCreate } from './server-create.js'
import { withKey } from './ssh-keys.js'

/** The error of a request about one server. */
export const NO_NODE: ErrorTable = { 404: NodeDoesNotExistError }

export interface OpenStackListNodesOptions extends OpenStackListOptions {
  /** A regular expression that names are to fit. */
  ex_name?: string | undefined
  /** The cloud's own word: `'ACTIVE'`. */
  ex_status?: string | undefined
  /** Only servers that have all of these tags. */
  ex_tags?: readonly string[] | undefined
  /** Servers of all projects. Needs an administrator. @defaultValue false */
  ex_allProjects?: boolean | undefined
  /** Only servers that changed since; those that were deleted are among them. */
  ex_changesSince?: Date | undefined
}

/** Servers. A power action resolves when it is accepted, and goes on. */
export abstract class OpenStackComputeBase extends NodeDriver {
  declare readonly connection: OpenStackConnection

  /** @see https://docs.openstack.org/api-ref/compute/#list-servers-detailed */
  listNodes(options?: OpenStackListNodesOptions): Pager<OpenStackNode> {
    const query = {
      name: options?.ex_name,
      status: options?.ex_status,
      tags: options?.ex_tags?.join(','),
      all_tenants: options?.ex_allProjects ? 1 : undefined,
      'changes-since': options?.ex_changesSince?.toISOString(),
    }
    const map = (raw: RawServer): OpenStackNode => toNode(this, raw)
    const spec = { path: '/servers/detail', member: 'servers', map, query, microversion: SERVER_VERSION }
    return this.connection.list({ ...spec, limit: options?.ex_limit }, options)
  }

  /** @see https://docs.openstack.org/api-ref/compute/#show-server-details */
  async getNode(nodeId: string, options?: CallOptions): Promise<OpenStackNode> {
    const map = (raw: RawServer): OpenStackNode => toNode(this, raw)
    const spec = { path: path`/servers/${nodeId}`, errors: NO_NODE, member: 'server', map }
    return this.connection.one({ ...spec, microversion: SERVER_VERSION }, options)
  }

  /**
   * The key of `auth` is added to the user's key pairs, where it stays; it is removed again only when the server cannot
   * be made. What the node that is returned does not tell, `getNode` does.
   * @see https://docs.openstack.org/api-ref/compute/#create-server
   */
  async createNode(node: OpenStackCreateNodeOptions, options?: CallOptions): Promise<Owned<OpenStackNode>> {
    const microversion = createVersion(node)
    const version = await this.connection.microversion(microversion, options)
    return withKey(this, node.auth, options, keyName => {
      const json = toRawCreate(node, keyName, version)
      const known = {
        name: node.name,
        status: 'BUILD',
        flavor: { id: node.size.id },
        image: { id: node.image.id },
        key_name: keyName ?? node.ex_keyName ?? null,
        metadata: node.ex_metadata ?? {},
      }
      const map = (raw: RawServer): OpenStackNode => toNode(this, { ...known, ...raw })
      const spec = { method: 'POST', path: '/servers', json, microversion, member: 'server', map } as const
      return this.connection.one(spec, options).then(made => owned(made, () => this.destroyNode(made)))
    })
  }

  /** Asks the system in the server to restart, and restarts it by force when it does not in time: `ex_hardRebootNode` does not ask.
   * @see https://docs.openstack.org/api-ref/compute/#reboot-server-reboot-action */
  async rebootNode(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { reboot: { type: 'SOFT' } }, options)
  }

  /** @see https://docs.openstack.org/api-ref/compute/#start-server-os-start-action */
  async startNode(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { 'os-start': null }, options)
  }

  /** @see https://docs.openstack.org/api-ref/compute/#stop-server-os-stop-action */
  async stopNode(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { 'os-stop': null }, options)
  }

  /** @see https://docs.openstack.org/api-ref/compute/#delete-server */
  async destroyNode(node: Ref, options?: CallOptions): Promise<void> {
    const spec = { method: 'DELETE', path: path`/servers/${node.id}`, errors: NO_NODE, read: readNothing } as const
    await this.connection.request(spec, options)
  }
}

/** Asks for a change of a server. It goes on when this resolves. */
export async function act(
  driver: OpenStackComputeBase,
  node: Ref,
  json: Readonly<Record<string, unknown>>,
  options: CallOptions | undefined,
  microversion?: ServiceSpec['microversion'],
): Promise<void> {
  const at = path`/servers/${node.id}/action`
  const spec = { method: 'POST', path: at, json, errors: NO_NODE, read: readNothing, microversion } as const
  await driver.connection.request(spec, options)
}
