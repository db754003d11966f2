import assert from 'node:assert/strict'
import type { ComputeApi } from '../../../lib/compute/api.js'
import { type StorageVolume, StorageVolumeState, VolumeSnapshotState } from '../../../lib/compute/types.js'
import {
  ConflictError,
  LibcloudError,
  SnapshotDoesNotExistError,
  VolumeDoesNotExistError,
} from '../../../lib/errors.js'
import type { Ref } from '../../../lib/resource.js'
import type { ComputeLifecycle } from './compute.js'
import { type Defer, endsOnAbort, foreign, refuses, rejectsWith } from './tools.js'

const VOLUMES = ['createVolume', 'getVolume', 'listVolumes', 'destroyVolume'] as const
const SNAPSHOTS = [...VOLUMES, 'createVolumeSnapshot', 'listVolumeSnapshots', 'destroyVolumeSnapshot'] as const

async function open(suite: ComputeLifecycle, api: ComputeApi, defer: Defer, snapshot?: Ref): Promise<StorageVolume> {
  const { volumeSize: size = 10, location } = suite.choices
  const volume = await api.createVolume({ name: suite.name(), size, location, snapshot })
  defer(() => discard(suite, api, volume))
  volume.keep()
  return untilState(suite, api, volume, StorageVolumeState.AVAILABLE)
}

async function untilState(
  suite: ComputeLifecycle,
  api: ComputeApi,
  { id }: Ref,
  state: StorageVolumeState,
): Promise<StorageVolume> {
  return suite.until(
    () => api.getVolume(id),
    volume => volume.state === state,
    `that volume ${id} is ${state}`,
  )
}

/** A volume cannot go while it is attached, or still being detached. */
async function discard(suite: ComputeLifecycle, api: ComputeApi, { id }: Ref): Promise<void> {
  if ((await api.getVolume(id)).state === StorageVolumeState.INUSE) await api.detachVolume({ id })
  const isGone = (): Promise<boolean> =>
    api.destroyVolume({ id }).then(
      () => true,
      error => {
        if (error instanceof ConflictError) return false
        throw error
      },
    )
  await suite.until(isGone, done => done, 'the removal of a volume')
}

/** Volumes, where the driver has them. */
export function describeVolumes(suite: ComputeLifecycle): void {
  suite.test('volume: is created, found, listed, and gone when it was destroyed', VOLUMES, async (api, defer) => {
    const { volumeSize: size = 10 } = suite.choices
    const volume = await open(suite, api, defer)
    assert.equal(volume.size, size)
    const listed = await suite.walk(
      () => api.listVolumes(),
      ({ id }) => id,
      1,
    )
    assert.equal(listed.find(({ id }) => id === volume.id)?.name, volume.name)
    await volume.destroy()
    await suite.gone(
      () => api.getVolume(volume.id),
      VolumeDoesNotExistError,
      ({ state }) => state === StorageVolumeState.DELETED,
    )
  })
  suite.test('volume: `await using` destroys it, and keep() keeps it', VOLUMES, async (api, defer) => {
    const { volumeSize: size = 10, location } = suite.choices
    const ids: string[] = []
    {
      await using lost = await api.createVolume({ name: suite.name(), size, location })
      defer(() => discard(suite, api, lost))
      await using kept = await api.createVolume({ name: suite.name(), size, location })
      defer(() => discard(suite, api, kept))
      kept.keep()
      ids.push(lost.id, kept.id)
      await untilState(suite, api, lost, StorageVolumeState.AVAILABLE)
    }
    await suite.gone(() => api.getVolume(ids[0] as string), VolumeDoesNotExistError)
    assert.equal((await api.getVolume(ids[1] as string)).id, ids[1])
  })
  suite.test(
    'volume: is attached, kept from being destroyed, and detached',
    [...VOLUMES, 'attachVolume', 'detachVolume', 'createNode', 'getNode', 'destroyNode'],
    async (api, defer) => {
      const node = await suite.openRunning(api, defer)
      const volume = await open(suite, api, defer)
      await volume.attach(node)
      await untilState(suite, api, volume, StorageVolumeState.INUSE)
      await rejectsWith(() => api.destroyVolume(volume), LibcloudError)
      assert.equal((await api.getVolume(volume.id)).state, StorageVolumeState.INUSE)
      await rejectsWith(() => api.attachVolume(node, volume), LibcloudError)
      await volume.detach()
      await untilState(suite, api, volume, StorageVolumeState.AVAILABLE)
      await rejectsWith(() => api.detachVolume(volume), LibcloudError)
    },
  )
  suite.test(
    'snapshot: is made of a volume, makes a volume, and is gone when it was destroyed',
    SNAPSHOTS,
    async (api, defer) => {
      const volume = await open(suite, api, defer)
      const name = suite.name()
      const snapshot = await volume.snapshot({ name })
      defer(() => api.destroyVolumeSnapshot(snapshot))
      const look = async (): Promise<VolumeSnapshotState | undefined> =>
        (await api.listVolumeSnapshots(volume)).find(({ id }) => id === snapshot.id)?.state
      await suite.until(look, state => state === VolumeSnapshotState.AVAILABLE, 'that the snapshot is available')
      const listed = await suite.walk(
        () => api.listVolumeSnapshots(volume),
        ({ id }) => id,
        1,
      )
      assert.deepEqual(
        listed.map(each => each.name),
        [name],
      )
      const copy = await open(suite, api, defer, snapshot)
      assert.notEqual(copy.id, volume.id)
      assert.deepEqual(await api.listVolumeSnapshots(copy), [], 'another volume has none of them')
      await snapshot.destroy()
      await suite.until(look, state => state === undefined, 'that the snapshot is gone')
      await rejectsWith(() => api.destroyVolumeSnapshot(snapshot), SnapshotDoesNotExistError)
    },
  )
  suite.test(
    "volume: what is not there, is bad or is another provider's is refused",
    [...VOLUMES, 'attachVolume', 'detachVolume'],
    async (api, defer) => {
      const volume = await open(suite, api, defer)
      const before = (await api.listVolumes()).length
      const [name, theirs] = [suite.name(), foreign({ id: volume.id })]
      await refuses([
        () => api.createVolume({ name, size: 0 }),
        () => api.createVolume({ name, size: 1.5 }),
        () => api.createVolume({ name: '', size: 10 }),
        () => api.destroyVolume(theirs),
        () => api.detachVolume(theirs),
        () => api.attachVolume({ id: 'x' }, theirs),
      ])
      assert.equal((await api.listVolumes()).length, before)
      await endsOnAbort(options => api.getVolume(volume.id, options))
      await endsOnAbort(options => api.listVolumes(options))
      await api.destroyVolume(volume)
      await suite.gone(() => api.getVolume(volume.id), VolumeDoesNotExistError)
      await rejectsWith(() => api.destroyVolume(volume), VolumeDoesNotExistError)
      await rejectsWith(() => api.detachVolume(volume), VolumeDoesNotExistError)
    },
  )
}
