import { NodeDriver } from '../../lib/compute/driver.js'
import {
  type CreateNodeFeature,
  type CreateNodeOptions,
  type LocationOptions,
  Node,
  NodeAuthSSHKey,
  NodeLocation,
  NodeSize,
  NodeState,
} from '../../lib/compute/types.js'
import { ConflictError } from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { isThere, type NodeRow, placeOf, type SizeRow, stateOf } from './compute.state.js'
import { meta } from './meta.js'
import { addressOf, badArgument, course, isBroken, stateAt } from './state.js'
import { aboutCall, type DummyOptions, enterWorld, perform, performList, worldOf } from './world.js'

/** What only this driver tells of a node. */
export interface DummyNodeExtra {
  readonly location: string
  readonly keyName: string | undefined
  /** Of the volumes that are attached. */
  readonly volumeIds: readonly string[]
  /** Only right after `createNode` without `auth` and without `ex_keyName`; printing does not show it. */
  readonly password?: string | undefined
}
/** `createNode` with what only this driver takes. */
export interface DummyCreateNodeOptions extends CreateNodeOptions {
  /** A key pair of this account that the node lets in. */
  ex_keyName?: string | undefined
}
/** What only this driver tells of a plan. */
export interface DummySizeExtra {
  /** Locations that have it. */
  readonly locations: readonly string[]
}

/** Nodes, and what they are made of. */
export abstract class DummyNodeDriverBase extends NodeDriver {
  readonly provider = 'dummy'
  override readonly features: { readonly createNode: readonly CreateNodeFeature[] } = {
    createNode: ['sshKey', 'password', 'generatedPassword'],
  }

  constructor(options: DummyOptions = {}) {
    super(meta, options)
    enterWorld(this, 'compute', options)
  }

  listNodes(options?: CallOptions): Pager<Node<DummyNodeExtra>> {
    return performList(
      this,
      'listNodes',
      undefined,
      options,
      token => stateOf(this).nodes.page(token, worldOf(this).pageSize, options, isThere(this)),
      row => toNode(this, row),
    )
  }

  async getNode(nodeId: string, options?: CallOptions): Promise<Node<DummyNodeExtra>> {
    return perform(this, 'getNode', nodeId, options, () => toNode(this, nodeRow(this, nodeId, options)))
  }

  /** A node whose size or image ends with `-broken` ends in the state ERROR.
   * @throws KeyPairDoesNotExistError for an `ex_keyName` that is not there. */
  async createNode(node: DummyCreateNodeOptions, options?: CallOptions): Promise<Owned<Node<DummyNodeExtra>>> {
    const created = await perform(this, 'createNode', node.name, options, () => {
      const row = insertNode(this, node, options)
      const generated = node.auth === undefined && node.ex_keyName === undefined
      return toNode(this, row, generated ? worldOf(this).randomText(20) : undefined)
    })
    return owned(created, () => this.destroyNode({ id: created.id }))
  }

  async rebootNode(node: Ref, options?: CallOptions): Promise<void> {
    await this.#change('rebootNode', node, NodeState.RUNNING, NodeState.REBOOTING, NodeState.RUNNING, options)
  }

  async startNode(node: Ref, options?: CallOptions): Promise<void> {
    await this.#change('startNode', node, NodeState.STOPPED, NodeState.STARTING, NodeState.RUNNING, options)
  }

  async stopNode(node: Ref, options?: CallOptions): Promise<void> {
    await this.#change('stopNode', node, NodeState.RUNNING, NodeState.STOPPING, NodeState.STOPPED, options)
  }

  /** The node is TERMINATED for as long as its transitions take, and then not found; its volumes are detached. */
  async destroyNode(node: Ref, options?: CallOptions): Promise<void> {
    await perform(this, 'destroyNode', node.id, options, () => {
      const row = nodeRow(this, node.id, options)
      if (row.goneAt !== undefined) throw new ConflictError(`Node '${row.id}' is destroyed already`, aboutCall(options))
      const world = worldOf(this)
      row.course = { steps: [], end: NodeState.TERMINATED }
      row.goneAt = world.now.getTime() + world.duration('node')
      for (const volume of stateOf(this).volumes.all(each => each.attachment?.nodeId === row.id)) {
        volume.attachment = undefined
        volume.course = { steps: [], end: 'available' }
      }
    })
  }

  listSizes(options?: LocationOptions): Pager<NodeSize<DummySizeExtra>> {
    const { location } = options ?? {}
    return performList(
      this,
      'listSizes',
      location?.id,
      options,
      token => {
        const at = location && placeOf(this, location, options)
        const isWanted = ({ notIn }: SizeRow): boolean => at === undefined || !notIn.includes(at)
        return stateOf(this).sizes.page(token, worldOf(this).pageSize, options, isWanted)
      },
      row => this.#toSize(row),
    )
  }

  listLocations(options?: CallOptions): Pager<NodeLocation> {
    return performList(
      this,
      'listLocations',
      undefined,
      options,
      token => stateOf(this).locations.page(token, worldOf(this).pageSize, options),
      row => new NodeLocation(this, { ...row, extra: {} }),
    )
  }

  async #change(
    operation: string,
    { id }: Ref,
    from: NodeState,
    through: NodeState,
    to: NodeState,
    options: CallOptions | undefined,
  ): Promise<void> {
    await perform(this, operation, id, options, () => {
      const row = nodeRow(this, id, options)
      const world = worldOf(this)
      const state = stateAt(row.course, world.now)
      if (state !== from) throw new ConflictError(`Node '${id}' is ${state}, not ${from}`, aboutCall(options))
      row.course = course(world.now, world.duration('node'), [through], to)
    })
  }

  #toSize({ notIn, ...row }: SizeRow): NodeSize<DummySizeExtra> {
    const locations = stateOf(this)
      .locations.all(({ id }) => !notIn.includes(id))
      .map(({ id }) => id)
    return new NodeSize(this, { ...row, extra: { locations } })
  }
}

/** A node's row, or an error. */
export function nodeRow(driver: NodeDriver, id: string, options: CallOptions | undefined): NodeRow {
  return stateOf(driver).nodes.get(id, options, isThere(driver))
}

function insertNode(driver: NodeDriver, node: DummyCreateNodeOptions, options: CallOptions | undefined): NodeRow {
  const { sizes, images, keys, nodes } = stateOf(driver)
  const world = worldOf(driver)
  const location = placeOf(driver, node.location, options)
  const size = sizes.find(node.size.id)
  if (!size || size.notIn.includes(location)) throw badArgument('node.size', `a size that '${location}' has`, options)
  const image = images.get(node.image.id, options, row => row.location === undefined || row.location === location)
  if (stateAt(image.course, world.now) !== 'available')
    throw new ConflictError(`Image '${image.id}' is not ready yet`, aboutCall(options))
  if (node.ex_keyName !== undefined) keys.get(node.ex_keyName, options)
  // A provider refuses a key that it cannot read.
  if (node.auth instanceof NodeAuthSSHKey && !/^(ssh|ecdsa|sk)-\S+ \S+/.test(node.auth.publicKey))
    throw badArgument('node.auth.publicKey', "a line of OpenSSH: 'ssh-ed25519 AAAA…'", options)
  const end = isBroken(size.id, image.id) ? NodeState.ERROR : NodeState.RUNNING
  const begin = [NodeState.PENDING, NodeState.STARTING] as const
  return nodes.insert({
    name: node.name,
    sizeId: size.id,
    imageId: image.id,
    location,
    keyName: node.ex_keyName,
    createdAt: world.now,
    number: nodes.count,
    course: course<NodeState>(world.now, world.duration('node'), begin, end),
    goneAt: undefined,
  })
}

/** A node as it is now. It has addresses as soon as it is no longer PENDING. */
export function toNode(driver: NodeDriver, row: NodeRow, password?: string): Node<DummyNodeExtra> {
  const state = stateAt(row.course, worldOf(driver).now)
  const isAddressed = state !== NodeState.PENDING && state !== NodeState.TERMINATED
  const volumes = stateOf(driver).volumes.all(({ attachment }) => attachment?.nodeId === row.id)
  const extra = { location: row.location, keyName: row.keyName, volumeIds: volumes.map(({ id }) => id) }
  if (password !== undefined) Object.defineProperty(extra, 'password', { value: password })
  return new Node(driver, {
    id: row.id,
    name: row.name,
    state,
    publicIps: isAddressed ? [addressOf('198.18', row.number)] : [],
    privateIps: isAddressed ? [addressOf('10.0', row.number)] : [],
    size: { id: row.sizeId },
    image: { id: row.imageId },
    createdAt: row.createdAt,
    extra,
  })
}
