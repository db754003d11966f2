// Writes fixtures/lxd from a real daemon: `node --import ./test/tools/ts.mjs test/real/lxd/record.ts [method…]`.
// What changes from run to run (ids, times) is written as it was.
import { mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LXDNodeDriver } from '../../../drivers/lxd/compute.js'
import { LXDContainerDriver } from '../../../drivers/lxd/container.js'
import { LXDRecord } from '../../../drivers/lxd/record.js'
import { startRecorder } from './recorder.js'
import { compute, containers, prepare, type Scene, type World } from './scenes.js'
import { nodesOf, type RealServer, startServer, stopServer } from './server.js'

const root = fileURLToPath(new URL('../../../fixtures/lxd/', import.meta.url))

async function play(server: RealServer, world: World, scene: Scene, file: 'compute' | 'container'): Promise<void> {
  const { method, before, after } = scene
  const args = scene.args(world)
  await before?.(world)
  const recorder = await startRecorder(server.socket)
  const options = { host: '127.0.0.1', port: recorder.port, secure: false, proxy: false } as const
  await using driver = file === 'compute' ? new LXDNodeDriver(options) : new LXDContainerDriver(options)
  const call = Reflect.get(driver, method) as (...given: unknown[]) => Promise<unknown>
  const outcome = await Promise.resolve(call.apply(driver, [...args])).then(
    value => value,
    (error: unknown) => error,
  )
  const expected = await describe(scene, outcome)
  // What is not read would keep its socket.
  ;(outcome as { stream?: { destroy(): void } } | undefined)?.stream?.destroy()
  recorder.close()
  await after?.(world)
  const head = [`# call: ${method}(${args.map(shown).join(', ')})`, `# expect: ${expected}`]
  const text = `${[...head, '# source: recorded'].join('\n')}\n${recorder.exchanges.join('\n\n###\n\n')}\n`
  writeFileSync(join(root, file, `${method}${scene.name === undefined ? '' : `.${scene.name}`}.http`), text)
}

/** Dates have no form in JSON. */
function shown(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, name, each) {
    const plain = this[name]
    return plain instanceof Date ? { $date: plain.toISOString() } : each
  })
}

async function describe({ throws, expect }: Scene, outcome: unknown): Promise<string> {
  if (outcome instanceof Error) {
    if (outcome.name === throws) return `throws ${throws} {}`
    throw outcome
  }
  if (throws) throw new Error(`it did not throw ${throws}`)
  if (expect !== undefined) return JSON.stringify(expect)
  if (outcome instanceof LXDRecord) return JSON.stringify({ value: outcome.value, dirty: false, etag: outcome.etag })
  return outcome === undefined ? 'undefined' : JSON.stringify(outcome)
}

/** What the daemon answers to what is wrong: no call, only the response. */
const ERRORS: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['GET', '/1.0/instances/missing'],
  ['POST', '/1.0/instances', { name: 'a b', source: { type: 'none' } }],
]

function playError(server: RealServer, [method, path, body]: (typeof ERRORS)[number]): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: server.socket, method, path }, async reply => {
      const chunks: Buffer[] = []
      for await (const chunk of reply) chunks.push(chunk as Buffer)
      const { statusCode: status, statusMessage: reason } = reply
      const text = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()), undefined, 1)
      const lines = ['# source: recorded', `HTTP/1.1 ${status} ${reason}`, 'Content-Type: application/json', '', text]
      writeFileSync(join(root, 'errors', `${status}.http`), `${lines.join('\n')}\n`)
      resolve()
    })
    sent.on('error', reject).end(body && JSON.stringify(body))
  })
}

const wanted = process.argv.slice(2)
const given = process.env['LIBCLOUD_LXD_SERVER']
const server = given ? (JSON.parse(given) as RealServer) : await startServer()
try {
  for (const folder of ['compute', 'container', 'errors']) mkdirSync(join(root, folder), { recursive: true })
  await using driver = nodesOf(server)
  const world = await prepare(server, driver)
  const failed: string[] = []
  for (const [file, scenes] of [
    ['compute', compute],
    ['container', containers],
  ] as const) {
    for (const scene of scenes) {
      if (wanted.length > 0 && !wanted.includes(scene.method)) continue
      if (process.env['DEBUG']) console.error(scene.method)
      await play(server, world, scene, file).catch(error => {
        failed.push(`${file} ${scene.method}: ${error}`)
      })
    }
  }
  for (const error of ERRORS) await playError(server, error)
  console.log(failed.length === 0 ? 'all recorded' : failed.join('\n'))
} finally {
  if (!given) await stopServer(server)
}
