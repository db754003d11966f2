// Writes fixtures/openstack/{storage,dns,loadbalancer} from a real cloud:
// `node --import ./test/tools/ts.mjs test/real/openstack/record.services.ts`, with names of methods to write only these.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { OpenStackConnection } from '../../../drivers/openstack/connection.js'
import type { OpenStackOptions } from '../../../drivers/openstack/options.js'
import type { BaseDriver } from '../../../lib/driver.js'
import { type Recorder, startRecorder } from './recorder.js'
import { dnsStage } from './scenes.dns.js'
import { balancerStage } from './scenes.loadbalancer.js'
import { storageStage } from './scenes.storage.js'
import { type RealCloud, startCloud, stopCloud } from './server.js'
import type { ServiceScene, ServiceStage } from './service-scenes.js'

const root = fileURLToPath(new URL('../../../fixtures/openstack/', import.meta.url))

const optionsOf = ({ authUrl, password, region }: RealCloud, user: string): OpenStackOptions => {
  const key = process.env['LIBCLOUD_RECORD_USER'] ?? user
  const name = user === 'admin' ? user : key
  return { authUrl, region, key: name, secret: password, project: name, proxy: false }
}

async function outcomeOf(result: unknown): Promise<unknown> {
  const value = await result
  if (!(value instanceof Readable)) return value
  const chunks: Buffer[] = []
  for await (const chunk of value) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString()
}

async function play<D extends BaseDriver & { readonly connection: OpenStackConnection }>(
  cloud: RealCloud,
  stage: ServiceStage<D>,
  scene: ServiceScene<D>,
): Promise<void> {
  await using helper = stage.make(optionsOf(cloud, scene.as ?? 'demo'))
  if (scene.as === undefined) await stage.reset(helper)
  await scene.before?.(helper)
  const args = typeof scene.args === 'function' ? await scene.args(helper) : scene.args
  const session = await helper.connection.session()
  const { origin, prefix } = await helper.connection.endpoint(stage.service)
  const { settle } = stage
  const recorder = await startRecorder(session, new Map([[stage.service, new URL(origin + prefix)]]), {
    password: cloud.password,
    ...stage.recorder,
    ...(settle ? { before: (method: string, url: string) => settle(helper, method, url) } : {}),
  })
  await using driver = stage.make(recorder.options)
  const call = Reflect.get(driver, scene.method) as (...all: unknown[]) => unknown
  const given = args.map(each => (isText(each) ? Buffer.from(each.$text) : each))
  const outcome = await Promise.resolve(outcomeOf(Reflect.apply(call, driver, given))).catch((error: unknown) => error)
  recorder.close()
  const failed = outcome instanceof Error ? outcome.name : undefined
  if (failed !== scene.throws) throw outcome instanceof Error ? outcome : new Error(`${scene.method} did not fail`)
  write(scene.more ? `${stage.folder}.more` : stage.folder, scene, args, outcome, recorder)
  await scene.after?.(helper, outcome as never)
}

const isText = (value: unknown): value is { $text: string } => typeof (value as { $text?: unknown })?.$text === 'string'
const json = (value: unknown): string => JSON.stringify(value)

function expectation(
  { method, throws, hidden, match }: Omit<ServiceScene<never>, 'args' | 'before' | 'after'>,
  outcome: unknown,
): string {
  if (outcome instanceof Error) return `throws ${throws} ${json({ operation: method })}`
  if (outcome === undefined) return 'undefined'
  if (match !== undefined) return json({ $match: match })
  return json(hidden === undefined ? outcome : { ...(outcome as object), ...hidden(outcome as never) })
}

function write<D>(
  folder: string,
  scene: ServiceScene<D>,
  args: readonly unknown[],
  outcome: unknown,
  recorder: Recorder,
): void {
  const { method, name } = scene
  const call = `${method}(${args.map(json).join(', ')})`
  const head = [`# call: ${call}`, `# expect: ${expectation(scene, outcome)}`, '# source: recorded'].join('\n')
  // Those of the exchanges come first: they number the ids.
  const text = `${recorder.shown(head)}\n${recorder.exchanges.join('\n\n###\n\n')}\n`
  writeFileSync(join(root, folder, `${method}${name === undefined ? '' : `.${name}`}.http`), text)
}

async function record<D extends BaseDriver & { readonly connection: OpenStackConnection }>(
  cloud: RealCloud,
  stage: ServiceStage<D>,
  wanted: readonly string[],
): Promise<void> {
  for (const folder of [stage.folder, `${stage.folder}.more`].filter(
    (_, index) => index === 0 || stage.scenes.some(({ more }) => more),
  ))
    mkdirSync(join(root, folder), { recursive: true })
  const scenes = stage.scenes.filter(
    ({ method }) => wanted.length === 0 || wanted.includes(method) || wanted.includes(stage.folder),
  )
  if (scenes.length === 0) return
  for (const scene of scenes) {
    await play(cloud, stage, scene).catch((error: unknown) => {
      console.error(stage.folder, scene.method, scene.name ?? '', error)
      process.exitCode = 1
    })
  }
  await using helper = stage.make(optionsOf(cloud, 'demo'))
  await stage.close(helper)
}

const cloud = await startCloud()
const wanted = process.argv.slice(2)
try {
  await record(cloud, storageStage, wanted)
  await record(cloud, dnsStage, wanted)
  await record(cloud, balancerStage, wanted)
} finally {
  await stopCloud(cloud)
}
