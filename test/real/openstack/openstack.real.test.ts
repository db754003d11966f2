import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { OpenStackNodeDriver } from '../../../drivers/openstack/compute.js'
import { computeLifecycle } from '../../conformance/lifecycle/compute.js'
import { prove } from '../proof.js'
import { inventory } from './inventory.js'
import { identities, servers } from './scenarios.js'
import { PUBLIC_KEY, SCENES, type Stage } from './scenes.js'
import { driverFor, type RealCloud, startCloud, stopCloud } from './server.js'
import { setStage } from './stage.js'
import { makeWorld, type World } from './world.js'

const proof = prove('openstack', 'compute')
// Milliseconds: machines that do much else are slow.
vi.setConfig({ testTimeout: 400_000 })
// Known before the tests are: where there is no cloud, there are none.
const cloud = await startCloud().catch((error: unknown) => {
  console.error(`OPENSTACK: SKIPPED: no cloud could be started after two tries: ${error}`)
  return undefined
})

describe.skipIf(cloud === undefined)('OPENSTACK', () => {
  const running = cloud as RealCloud
  let world: World
  let stage: Stage
  let before: Record<string, string[]>
  const get = (): Stage => stage

  beforeAll(async () => {
    before = await inventory(running)
    world = await makeWorld(running)
  })
  afterAll(async () => {
    await stopCloud(running)
  })

  describe('lifecycle', () => {
    const options = { node: {}, size: { id: '' }, image: { id: '' } }
    let driver: OpenStackNodeDriver
    // Addresses that count as public, so that nodes are waited for.
    const open = async (): Promise<OpenStackNodeDriver> => {
      const network = (await world.demo.ex_createNetwork({ name: 'lifecycle' })).keep()
      await world.demo.ex_createSubnet({ network, cidr: '198.51.100.0/24' })
      options.node = { ex_networks: [{ id: network.id }] }
      options.size.id = world.sizes[0]?.id ?? ''
      options.image.id = world.image.id
      driver = driverFor(running)
      world.later(async () => {
        // The keys of those who log in stay.
        for (const key of await driver.listKeyPairs()) if (key.name.startsWith('libcloud-')) await key.delete()
        await driver.close()
        await world.demo.ex_deleteNetwork(network)
      })
      return proof.watch(driver)
    }
    const { size, image } = options
    computeLifecycle({
      describe,
      it: (name, body) => it(name, context => body(context)),
      driver: open,
      interval: 300,
      timeout: 300_000,
      size,
      image,
      get node() {
        return options.node
      },
      volumeSize: 1,
      many: 4,
      secrets: [running?.password ?? ''],
      skip: {
        'image: of a node is made, found, and gone when it was deleted':
          'there is no hypervisor that would send its bytes: it stays queued, and what cannot be booted is not listed',
      },
    })
  })

  describe('with something in it', () => {
    beforeAll(async () => {
      stage = await setStage(world)
    })
    describe('methods', methods)
    describe('servers', () => servers(get, driver => proof.watch(driver)))
    describe('identities', () => identities(get))
  })

  function methods(): void {
    for (const { method, name, args, as, throws, undo } of SCENES) {
      it(name === undefined ? method : `${method}: ${name}`, async () => {
        const given = await args(stage)
        await using driver = driverFor(running, as ?? 'demo')
        const call = Reflect.get(proof.watch(driver), method) as (...all: unknown[]) => Promise<unknown>
        const plain = given.map(each =>
          typeof Object(each).$text === 'string' ? Buffer.from(Object(each).$text) : each,
        )
        const outcome = await call(...plain).then(
          async value => {
            // What streams must be read.
            if (typeof Object(value)[Symbol.asyncIterator] === 'function')
              for await (const _chunk of value as AsyncIterable<unknown>);
            return value
          },
          (error: unknown) => error,
        )
        await undo?.(stage, outcome, given)
        if (throws === undefined && outcome instanceof Error) throw outcome
        expect(outcome instanceof Error ? outcome.name : undefined).toBe(throws)
      })
    }
    it('ex_importKeypair', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'libcloud-openstack-test-'))
      try {
        const file = join(folder, 'key.pub')
        writeFileSync(file, `${PUBLIC_KEY}\n`)
        await using made = await proof.watch(stage.demo).ex_importKeypair('from-file', file)
        expect(made.publicKey).toBe(PUBLIC_KEY)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })
  }

  describe('in the end', () => {
    it('the cloud is as it was', async () => {
      await world.close()
      expect(await inventory(running)).toEqual(before)
    })
    it('proof is kept', () => proof.settle(running.version))
  })
})
