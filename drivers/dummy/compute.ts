import type { ComputeApi } from '../../lib/compute/api.js'
import { type CreateKeyPairOptions, KeyPair, type Node, type NodeState } from '../../lib/compute/types.js'
import { KeyPairAlreadyExistsError } from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { NamedRef, Ref } from '../../lib/resource.js'
import { type DummyNodeExtra, nodeRow, toNode } from './compute.base.js'
import { type KeyRow, stateOf } from './compute.state.js'
import { DummyNodeDriverVolumes } from './compute.volumes.js'
import {
  aboutCall,
  type DummyError,
  type DummyFailing,
  type DummyFailOptions,
  type DummyWorld,
  perform,
  performList,
  worldOf,
} from './world.js'

export type { DummyCreateNodeOptions, DummyNodeExtra, DummySizeExtra } from './compute.base.js'
export type { DummyImageExtra } from './compute.images.js'
export type { DummySnapshotExtra, DummyVolumeExtra } from './compute.volumes.js'
export {
  type DummyCall,
  type DummyError,
  type DummyFailing,
  type DummyFailOptions,
  type DummyFailure,
  type DummyKind,
  type DummyOptions,
  DummyWorld,
  type DummyWorldOptions,
} from './world.js'

/** Nodes, volumes, images and keys in memory: for the tests of what uses this library. */
export class DummyNodeDriver extends DummyNodeDriverVolumes implements Partial<ComputeApi> {
  listKeyPairs(options?: CallOptions): Pager<KeyPair> {
    return performList(
      this,
      'listKeyPairs',
      undefined,
      options,
      token => stateOf(this).keys.page(token, worldOf(this).pageSize, options),
      row => this.#toKeyPair(row),
    )
  }

  async getKeyPair(name: string, options?: CallOptions): Promise<KeyPair> {
    return perform(this, 'getKeyPair', name, options, () => this.#toKeyPair(stateOf(this).keys.get(name, options)))
  }

  /** An ED25519 key that works. */
  async createKeyPair(keyPair: CreateKeyPairOptions, options?: CallOptions): Promise<Owned<KeyPair>> {
    const { generateKeyPair } = await import('../../lib/keys.js')
    const key = await perform(this, 'createKeyPair', keyPair.name, options, async () => {
      const { publicKey, privateKey, fingerprint } = await generateKeyPair()
      return this.#toKeyPair(this.#insert({ id: keyPair.name, publicKey, fingerprint }, options), privateKey)
    })
    return owned(key, () => this.deleteKeyPair({ name: key.name }))
  }

  /** @throws InvalidRequestError for what is not a public key. */
  async importKeyPairFromString(name: string, publicKey: string, options?: CallOptions): Promise<Owned<KeyPair>> {
    const { openSshFingerprint } = await import('../../lib/keys.js')
    const key = await perform(this, 'importKeyPairFromString', name, options, () => {
      const fingerprint = openSshFingerprint(publicKey)
      return this.#toKeyPair(this.#insert({ id: name, publicKey: publicKey.trim(), fingerprint }, options))
    })
    return owned(key, () => this.deleteKeyPair({ name }))
  }

  async deleteKeyPair(keyPair: NamedRef, options?: CallOptions): Promise<void> {
    await perform(this, 'deleteKeyPair', keyPair.name, options, () => {
      const { keys } = stateOf(this)
      keys.remove(keys.get(keyPair.name, options).id)
    })
  }

  /**
   * Puts a node into a state, whatever it was doing: to see what becomes of an application when a node dies.
   * @throws NodeDoesNotExistError
   * @example await driver.ex_setNodeState(node, NodeState.ERROR)
   */
  async ex_setNodeState(node: Ref, state: NodeState, options?: CallOptions): Promise<Node<DummyNodeExtra>> {
    return perform(this, 'ex_setNodeState', node.id, options, () => {
      const row = nodeRow(this, node.id, options)
      row.course = { steps: [], end: state }
      return toNode(this, row)
    })
  }

  /**
   * The world that the driver is in: to be shared with another driver, or to be looked at.
   * @example new DummyLBDriver({ world: driver.ex_world() })
   */
  ex_world(_options?: CallOptions): DummyWorld {
    return worldOf(this)
  }
  /**
   * Lets time pass in the driver's world, in milliseconds: at once, also before the promise is awaited.
   * @example await driver.ex_advance(60_000)
   */
  async ex_advance(ms: number, _options?: CallOptions): Promise<void> {
    worldOf(this).advance(ms)
  }
  /**
   * Lets the next calls of a method fail: see {@link DummyWorld.fail}.
   * @example await driver.ex_fail('createNode', new QuotaExceededError('Ten nodes are enough'), { times: 2 })
   */
  async ex_fail(operation: DummyFailing, error: DummyError, options?: DummyFailOptions): Promise<void> {
    worldOf(this).fail(operation, error, options)
  }

  #insert(row: KeyRow, options: CallOptions | undefined): KeyRow {
    const { keys } = stateOf(this)
    if (!keys.find(row.id)) return keys.insert(row)
    throw new KeyPairAlreadyExistsError(`There is a key pair '${row.id}' already`, aboutCall(options))
  }

  #toKeyPair({ id, publicKey, fingerprint }: KeyRow, privateKey?: string): KeyPair {
    return new KeyPair(this, { name: id, publicKey, fingerprint, privateKey, extra: {} })
  }
}
