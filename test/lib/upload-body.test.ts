import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { uploadSource } from '../../lib/storage/transfer.js'
import { loopback, rig } from './http/rig.js'

const BYTES = Buffer.alloc(300_000, 'libcloud')
const inPieces = (): Readable =>
  Readable.from(Array.from({ length: 30 }, (_, at) => BYTES.subarray(at * 10_000, (at + 1) * 10_000)))

it('sends a stream as it is, counted, reported and summed', async () => {
  await using server = await loopback((_request, response) => response.end('{}'))
  await using driver = rig(server)
  const seen: number[] = []
  const options = {
    contentLength: BYTES.length,
    onProgress: (it: { transferred: number }) => seen.push(it.transferred),
  }
  const { body, length, digest, transferred } = uploadSource(inPieces(), options, 'md5')
  expect(body).toBeInstanceOf(Readable)
  await driver.connection.request({ method: 'PUT', path: '/a', body, contentLength: length })
  expect(server.requests[0]?.body).toBe(BYTES.toString('latin1'))
  expect(digest()).toBe(createHash('md5').update(BYTES).digest('hex'))
  expect(transferred()).toBe(BYTES.length)
  expect(seen).toEqual(Array.from({ length: 30 }, (_, at) => (at + 1) * 10_000))
})

it('sends anything else as chunks', async () => {
  const source = uploadSource(BYTES)
  expect(source.body).toBe(source.chunks)
})

it('takes nothing before it is read, and gives the source back when it is not', async () => {
  const source = inPieces()
  const { body, transferred } = uploadSource(source)
  await new Promise(resolve => setTimeout(resolve, 10))
  expect(transferred()).toBe(0)
  expect(source.readableDidRead).toBe(false)
  ;(body as Readable).destroy()
  expect(source.destroyed).toBe(true)
})

it('takes no more than is read', async () => {
  const { body, transferred } = uploadSource(Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(64 * 1024))))
  ;(body as Readable).once('readable', () => {})
  await new Promise(resolve => setTimeout(resolve, 20))
  expect(transferred()).toBeLessThan(5 * 64 * 1024)
})

it.each([
  ['too short', () => uploadSource(inPieces(), { contentLength: BYTES.length + 1 }), { code: 'INVALID_REQUEST' }],
  ['of objects', () => uploadSource(Readable.from([{ a: 1 }])), { code: 'INVALID_REQUEST' }],
  [
    'failing',
    () => uploadSource(new Readable({ read: () => {} }).destroy(new Error('no more'))),
    { message: 'no more' },
  ],
  [
    'watched by a listener that fails',
    () =>
      uploadSource(inPieces(), {
        onProgress: () => {
          throw new Error('not now')
        },
      }),
    { message: 'not now' },
  ],
  [
    'aborted',
    () => uploadSource(inPieces(), { signal: AbortSignal.abort(new Error('enough')) }),
    { message: 'enough' },
  ],
] as const)('fails with its own error: a source %s', async (_name, make, expected) => {
  await using server = await loopback((_request, response) => response.end('{}'))
  await using driver = rig(server)
  const { body } = make()
  await expect(driver.connection.request({ method: 'PUT', path: '/a', body })).rejects.toMatchObject(expected)
})
