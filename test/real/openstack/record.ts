// Writes fixtures/openstack/compute from a real cloud: `node --import ./test/tools/ts.mjs test/real/openstack/record.ts`,
// with names of methods to write only these. Ids are numbered anew, and passwords and keys that the cloud makes are blanked.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OpenStackNodeDriver } from '../../../drivers/openstack/compute.js'
import { OpenStackNodeDriver as Driver } from '../../../drivers/openstack/compute.js'
import { type Recorder, startRecorder } from './recorder.js'
import { SCENES, type Scene, type Stage } from './scenes.js'
import { startCloud, stopCloud } from './server.js'
import { setStage } from './stage.js'
import { makeWorld } from './world.js'

const root = fileURLToPath(new URL('../../../fixtures/openstack/', import.meta.url))
const SERVICES = ['identity', 'compute', 'image', 'block-storage', 'network'] as const

async function recorderOf(driver: OpenStackNodeDriver, stage: Stage): Promise<Recorder> {
  const services = new Map<string, URL>()
  for (const service of SERVICES) {
    const { origin, prefix } = await driver.connection.endpoint(service)
    services.set(service, new URL(origin + prefix))
  }
  return startRecorder(await driver.connection.session(), services, stage.cloud)
}

/** What the cloud makes up, and would be secret. */
function blank(text: string): string {
  return text
    .replace(/(?<!"changePassword": \{\s*)("(?:adminPass|secret)": ?)"[^"]*"/g, '$1"made-by-the-cloud"')
    .replace(
      /("(?:privateKey|private_key)": ?)"[^"]*"/g,
      '$1"-----BEGIN PRIVATE KEY-----\\nblank\\n-----END PRIVATE KEY-----\\n"',
    )
    .replace(/token%3D[0-9a-f-]+/g, 'token%3D00000000')
}

/** What a call gave, with what JSON does not show. */
async function outcomeOf(call: unknown): Promise<unknown> {
  const value = await call
  if (!(Symbol.asyncIterator in Object(value))) return value
  const chunks: Buffer[] = []
  for await (const chunk of value as AsyncIterable<Buffer>) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

async function play(scene: Scene, stage: Stage): Promise<void> {
  const { method, throws, undo } = scene
  const args = await scene.args(stage)
  const recorder = await recorderOf(scene.as === 'admin' ? stage.admin : stage.demo, stage)
  const driver = new Driver(recorder.options)
  const given = args.map(each => (isText(each) ? Buffer.from(each.$text) : each))
  const call = Reflect.get(driver, method) as (...all: unknown[]) => unknown
  const outcome = await Promise.resolve(outcomeOf(call.apply(driver, given))).catch((error: unknown) => error)
  recorder.close()
  await driver.close()
  const name = outcome instanceof Error ? outcome.name : undefined
  if (name === throws) write(scene, args, outcome, recorder)
  await undo?.(stage, outcome, args)
  if (name !== throws) throw outcome instanceof Error ? outcome : new Error(`${method} did not fail`)
}

const isText = (value: unknown): value is { $text: string } => typeof (value as { $text?: unknown })?.$text === 'string'

function write(scene: Scene, args: readonly unknown[], outcome: unknown, recorder: Recorder): void {
  const { method, throws, hidden } = scene
  const json = (value: unknown): string => JSON.stringify(value)
  const result = hidden === undefined ? outcome : { ...(outcome as object), ...hidden(outcome) }
  const expected =
    outcome instanceof Error
      ? `throws ${throws} ${json({ operation: method })}`
      : result === undefined
        ? 'undefined'
        : method === 'ex_rescue'
          ? '"made-by-the-cloud"'
          : json(result)
  const call = `${method}(${args.map(json).join(', ')})`
  const head = [`# call: ${call}`, `# expect: ${expected}`, '# source: recorded'].join('\n')
  // Those of the exchanges come first: they number the ids.
  const body = recorder.exchanges.map(blank).join('\n\n###\n\n')
  const text = `${blank(recorder.shown(head))}\n${body}\n`
  writeFileSync(join(root, 'compute', `${method}${scene.name === undefined ? '' : `.${scene.name}`}.http`), text)
}

const wanted = process.argv.slice(2)
const cloud = await startCloud()
try {
  mkdirSync(join(root, 'compute'), { recursive: true })
  const world = await makeWorld(cloud)
  try {
    const stage = await setStage(world)
    for (const scene of SCENES.filter(({ method }) => wanted.length === 0 || wanted.includes(method))) {
      await play(scene, stage).catch((error: unknown) => {
        console.error(`${scene.method} ${scene.name ?? ''}`, error)
        process.exitCode = 1
      })
    }
  } finally {
    await world.close()
  }
} finally {
  await stopCloud(cloud)
}
