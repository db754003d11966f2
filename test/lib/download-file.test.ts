import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { MockAgent } from 'undici'
import { expect, it } from 'vitest'
import { reported, saveToFile } from '../../lib/storage/transfer.js'
import { loopback, rig } from './http/rig.js'

const BYTES = Buffer.alloc(4 * 1024 * 1024, 'libcloud')

async function inFolder(work: (file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'libcloud-'))
  try {
    await work(join(folder, 'object'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
/** Remembers what comes out of a stream. */
function noting(stream: Readable, chunks: Uint8Array[]): Readable {
  stream.prependListener('data', (chunk: Uint8Array) => void chunks.push(chunk))
  stream.pause()
  return stream
}

it.each([false, true])(
  'what came from the network is given back as soon as it is written (with progress: %s)',
  async progress => {
    await using server = await loopback((_request, response) => response.end(BYTES))
    await using driver = rig(server)
    await inFolder(async file => {
      const chunks: Uint8Array[] = []
      const onProgress = progress ? () => {} : undefined
      const open = async (): Promise<Readable> => {
        const { body } = await driver.connection.stream({ path: '/a' })
        return noting(reported(body, BYTES.length, { onProgress }), chunks)
      }
      await saveToFile(open, file, { provider: 'rig', size: BYTES.length })
      expect(readFileSync(file).equals(BYTES)).toBe(true)
      if (!('transfer' in ArrayBuffer.prototype)) return
      // Only what shares its memory with something else, the reply's head for one, is left to the collector.
      expect(chunks.filter(chunk => chunk.byteLength > 0).length).toBeLessThan(chunks.length / 2)
    })
  },
)

it('what came from anywhere else is left as it is', async () => {
  const own = Buffer.from(new ArrayBuffer(9000)).fill('x')
  await inFolder(file => saveToFile(async () => Readable.from([own]), file, { provider: 'rig' }))
  expect(own.byteLength).toBe(9000)
  const dispatcher = new MockAgent()
  dispatcher.disableNetConnect()
  const reply = dispatcher.get('http://127.0.0.1').intercept({ path: '/a' }).reply(200, own)
  await using driver = rig({ port: 80 } as Parameters<typeof rig>[0], { dispatcher })
  const open = async (): Promise<Readable> => (await driver.connection.stream({ path: '/a' })).body
  await inFolder(file => saveToFile(open, file, { provider: 'rig' }))
  expect(reply).toBeDefined()
  expect(own.byteLength).toBe(9000)
  await dispatcher.close()
})
