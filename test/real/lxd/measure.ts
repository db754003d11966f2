// What commands and files cost beside the least that they could: `node --import ./test/tools/ts.mjs test/real/lxd/measure.ts`.
// Prints the medians, in milliseconds, and their ratios.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { Agent } from 'undici'
import { nodesOf, startServer, stopServer } from './server.js'

const run = promisify(execFile)
const ROUNDS = 40
const SIZE = 256 * 1024 * 1024

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] as number
}
async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}
/** Takes turns, so that what else the machine does is shared. */
async function compare(
  name: string,
  rounds: number,
  ours: () => Promise<unknown>,
  theirs: () => Promise<unknown>,
): Promise<void> {
  const [own, other]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds + 2; round++) {
    const [a, b] = [await timed(ours), await timed(theirs)]
    if (round < 2) continue
    own.push(a)
    other.push(b)
  }
  const [a, b] = [median(own), median(other)]
  console.log(`${name}: ${a.toFixed(1)} ms, ${b.toFixed(1)} ms, ratio ${(a / b).toFixed(2)}`)
}

const server = await startServer()
const agent = new Agent({ connect: { socketPath: server.socket } })
try {
  await using driver = nodesOf(server)
  await using node = await driver.createNode({ name: 'measured', size: { id: 'default' }, image: { id: 'busybox' } })
  const env = { ...process.env, LXD_DIR: server.dir }
  const lxc = (): Promise<unknown> => run('lxc', ['exec', node.id, '--', 'true'], { env })
  await compare("execute 'true', beside lxc exec", ROUNDS, () => driver.ex_execute(node, ['true']), lxc)

  const bytes = randomBytes(SIZE)
  const at = { origin: 'http://localhost', path: '/1.0/instances/measured/files?path=/root/large' }
  const headers = { 'content-type': 'application/octet-stream', 'x-lxd-type': 'file' }
  const push = async (): Promise<void> => {
    const { body } = await agent.request({ ...at, method: 'POST', headers, body: bytes })
    await body.dump()
  }
  await compare('push of 256 MiB, beside undici', 5, () => driver.ex_pushFile(node, '/root/large', bytes), push)
  const read = async (stream: AsyncIterable<Uint8Array>): Promise<void> => {
    let size = 0
    for await (const chunk of stream) size += chunk.length
    if (size !== SIZE) throw new Error(`${size} bytes came`)
  }
  const own = async (): Promise<void> => read((await driver.ex_openFile(node, '/root/large')).stream)
  const bare = async (): Promise<void> => read((await agent.request({ ...at, method: 'GET' })).body)
  await compare('pull of 256 MiB, beside undici', 5, own, bare)
} finally {
  await agent.close()
  await stopServer(server)
}
