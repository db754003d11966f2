import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect } from 'vitest'
import { type Expectation, saveToFile, uploadSource, verifyHash } from '../../../lib/storage/transfer.js'
import type { DownloadOptions, UploadOptions } from '../../../lib/storage/types.js'
import { driverFor } from './callers.js'
import { LISTING, outcome, type Story } from './story.js'
import { headOf, reply, wire } from './wire.js'

const BYTES = Buffer.alloc(300_000, 'abcdefg')
const MD5 = createHash('md5').update(BYTES).digest('hex')

interface Saving extends DownloadOptions {
  readonly source?: () => Promise<Readable> | Readable
  readonly expected?: Partial<Expectation>
  /** What is in the folder before, by name. */
  readonly before?: Readonly<Record<string, string>>
  /** What is in the folder afterwards, by name. */
  readonly after: Readonly<Record<string, string | Buffer>>
  /** A file that holds the beginning of the object. */
  readonly part?: string
  /** @defaultValue 'object' */
  readonly name?: string
  /** Whether the object was asked for at all. @defaultValue true */
  readonly opened?: boolean
}

/** Saves what a source yields to a file in an empty folder. */
async function saving(signal: AbortSignal, given: Saving): Promise<string> {
  const {
    source = () => Readable.from([BYTES]),
    expected,
    before = {},
    after,
    name = 'object',
    opened = true,
    part: _,
    ...options
  } = given
  const folder = mkdtempSync(join(tmpdir(), 'libcloud-'))
  let asked = false
  const open = async (): Promise<Readable> => {
    asked = true
    return source()
  }
  try {
    for (const [each, text] of Object.entries(before)) writeFileSync(join(folder, each), text)
    const whole = { ...LISTING, signal, ...options }
    const result = await outcome(saveToFile(open, join(folder, name), { provider: 'rig', ...expected }, whole))
    // What had come but was not read when the connection broke may be missing.
    if (given.part !== undefined) {
      const part = readFileSync(join(folder, given.part))
      expect([part.length > 0, BYTES.subarray(0, part.length).equals(part)]).toEqual([true, true])
      rmSync(join(folder, given.part))
    }
    const found = readdirSync(folder).map(each => [each, readFileSync(join(folder, each))] as const)
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(Object.entries(after).map(([each, bytes]) => [each, Buffer.from(bytes)])),
    )
    expect(asked).toBe(opened)
    return result
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A download from a server that answers so. */
async function downloading(signal: AbortSignal, answer: Parameters<typeof wire>[0], given: Saving): Promise<string> {
  await using server = await wire(answer)
  await using driver = driverFor(server.port, { attemptTimeout: 500 })
  const source = async (): Promise<Readable> =>
    (await driver.connection.stream({ path: '/object' }, { ...LISTING, signal: given.signal ?? signal })).body
  return await saving(signal, { ...given, source })
}

const failing = (): Readable =>
  Readable.from(
    (async function* () {
      yield BYTES
      throw new Error('no more')
    })(),
  )
const silent = (): Readable => {
  const stream = new Readable({ read() {} })
  stream.push(BYTES)
  return stream
}

async function onFullDisk(signal: AbortSignal): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'libcloud-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder], { stdio: 'pipe' })
    try {
      const call = saveToFile(
        async () => Readable.from([BYTES]),
        join(folder, 'object'),
        { provider: 'rig' },
        { ...LISTING, signal },
      )
      const result = await outcome(call, error => expect(error.message).toContain('ENOSPC'))
      expect(readdirSync(folder)).toEqual([])
      return result
    } finally {
      execFileSync('umount', [folder])
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
/** Only the superuser can make a small disk. */
export const canMount: boolean = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'libcloud-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'pipe' })
    execFileSync('umount', [folder])
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
})()

const head = headOf('HTTP/1.1 200 OK', `Content-Length: ${BYTES.length}`)

/** Downloads to files: a file appears only when it is whole. */
export const downloads: readonly Story[] = [
  {
    wire: 'arrives whole',
    gets: 'value',
    run: s =>
      downloading(s, it => it.say(reply(BYTES)), {
        expected: { size: BYTES.length, hash: MD5.toUpperCase(), hashType: 'md5' },
        after: { object: BYTES },
      }),
  },
  {
    wire: 'is cut off: no file is left',
    gets: 'ConnectionError, retryable',
    run: s => downloading(s, it => it.socket.end(head + BYTES.subarray(0, 100_000)), { after: {} }),
  },
  {
    wire: 'is cut off, with `deleteOnFailure: false`: what came is kept beside, as .part',
    gets: 'ConnectionError, retryable',
    run: s =>
      downloading(s, it => it.socket.write(head + BYTES.subarray(0, 100_000), () => setTimeout(it.reset, 100)), {
        deleteOnFailure: false,
        after: {},
        part: 'object.part',
      }),
  },
  {
    wire: 'stands still: no file is left',
    gets: 'TimeoutError, retryable',
    run: s => downloading(s, it => it.say(head, BYTES.subarray(0, 1000)), { after: {} }),
  },
  {
    wire: 'is refused (404): no file is left',
    gets: 'NotFoundError 404',
    run: s => downloading(s, it => it.say(reply('', 'HTTP/1.1 404 Not Found')), { after: {} }),
  },
  {
    wire: 'fails midway: no file is left',
    gets: "'no more', as it is",
    run: s => saving(s, { source: failing, after: {} }),
  },
  {
    wire: 'cannot be opened',
    gets: "'no such thing', as it is",
    run: s => saving(s, { source: () => Promise.reject(new Error('no such thing')), after: {} }),
  },
  {
    wire: 'has a wrong checksum: no file is left',
    gets: 'ObjectHashMismatchError',
    run: s => saving(s, { expected: { hash: '0'.repeat(32) }, after: {} }),
  },
  {
    wire: 'has a wrong checksum, with `verifyHash: false`',
    gets: 'value',
    run: s => saving(s, { expected: { hash: '0'.repeat(32) }, verifyHash: false, after: { object: BYTES } }),
  },
  {
    wire: 'is shorter than the object',
    gets: 'ObjectHashMismatchError',
    run: s => saving(s, { expected: { size: BYTES.length + 1 }, after: {} }),
  },
  {
    wire: 'is longer than the object',
    gets: 'ObjectHashMismatchError',
    run: s => saving(s, { expected: { size: BYTES.length - 1 }, after: {} }),
  },
  {
    wire: 'the file exists: it stays, and nothing is asked for',
    gets: 'InvalidRequestError',
    run: s => saving(s, { before: { object: 'old' }, after: { object: 'old' }, opened: false }),
  },
  {
    wire: 'the file exists, with `overwriteExisting`',
    gets: 'value',
    run: s => saving(s, { before: { object: 'old' }, overwriteExisting: true, after: { object: BYTES } }),
  },
  {
    wire: 'the file exists, and the download fails: it stays',
    gets: "'no more', as it is",
    run: s =>
      saving(s, { source: failing, before: { object: 'old' }, overwriteExisting: true, after: { object: 'old' } }),
  },
  {
    wire: 'the file comes to be in the meantime: it stays',
    gets: 'InvalidRequestError',
    run: async s => {
      const folder = mkdtempSync(join(tmpdir(), 'libcloud-'))
      const path = join(folder, 'object')
      try {
        const open = async (): Promise<Readable> => {
          writeFileSync(path, 'theirs')
          return Readable.from([BYTES])
        }
        const result = await outcome(saveToFile(open, path, { provider: 'rig' }, { ...LISTING, signal: s }))
        expect([readdirSync(folder), readFileSync(path, 'utf8')]).toEqual([['object'], 'theirs'])
        return result
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  },
  {
    wire: 'ten at once to one path: one of them is there, whole, and nothing else',
    gets: 'InvalidRequestError, value',
    run: async s => {
      const folder = mkdtempSync(join(tmpdir(), 'libcloud-'))
      const path = join(folder, 'object')
      try {
        const one = (): Promise<string> =>
          outcome(saveToFile(async () => Readable.from([BYTES]), path, { provider: 'rig' }, { ...LISTING, signal: s }))
        const results = await Promise.all(Array.from({ length: 10 }, one))
        expect(results.filter(result => result === 'value')).toHaveLength(1)
        expect(readdirSync(folder)).toEqual(['object'])
        expect(readFileSync(path).equals(BYTES)).toBe(true)
        return [...new Set(results)].sort().join(', ')
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  },
  {
    wire: 'the folder does not exist: nothing is asked for',
    gets: 'InvalidRequestError',
    run: s => saving(s, { name: 'none/object', after: {}, opened: false }),
  },
  {
    wire: 'the path is that of a folder',
    gets: 'InvalidRequestError',
    run: async s => {
      const folder = mkdtempSync(join(tmpdir(), 'libcloud-'))
      const path = join(folder, 'object')
      mkdirSync(path)
      try {
        const options = { ...LISTING, signal: s, overwriteExisting: true }
        const result = await outcome(saveToFile(async () => Readable.from([BYTES]), path, { provider: 'rig' }, options))
        expect(readdirSync(folder)).toEqual(['object'])
        return result
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  },
  { wire: 'the disk is full: no file is left', gets: 'InvalidRequestError', run: onFullDisk },
  {
    wire: 'the caller aborts midway: no file is left',
    gets: "'enough', as it is",
    run: s => {
      const controller = new AbortController()
      setTimeout(() => controller.abort(new Error('enough')), 50)
      return downloading(s, it => it.say(head, BYTES.subarray(0, 1000)), { signal: controller.signal, after: {} })
    },
  },
  {
    wire: 'the caller aborts a source that stands still and knows no signals',
    gets: "'enough', as it is",
    run: async s => {
      const controller = new AbortController()
      const stream = silent()
      setTimeout(() => controller.abort(new Error('enough')), 50)
      const result = await saving(s, { source: () => stream, signal: controller.signal, after: {} })
      expect(stream.destroyed).toBe(true)
      return result
    },
  },
  {
    wire: 'the caller has aborted before',
    gets: "'enough', as it is",
    run: s => saving(s, { signal: AbortSignal.abort(new Error('enough')), after: {} }),
  },
]

/** Uploads a source, with its checksum taken on the way. */
async function uploading(
  signal: AbortSignal,
  source: Parameters<typeof uploadSource>[0],
  options: UploadOptions = {},
): Promise<string> {
  await using server = await wire(it =>
    it.say(reply('{}', 'HTTP/1.1 200 OK', `ETag: "${createHash('md5').update(it.body, 'latin1').digest('hex')}"`)),
  )
  await using driver = driverFor(server.port)
  const sent = uploadSource(source, { ...options, signal }, 'md5')
  const spec = { method: 'PUT', path: '/object', body: sent.chunks, contentLength: sent.length } as const
  const send = async (): Promise<void> => {
    const { headers } = await driver.connection.request(spec, { ...LISTING, signal })
    verifyHash(sent.digest(), headers['etag']?.replaceAll('"', ''), { provider: 'rig', operation: 'listThings' })
    expect(sent.transferred()).toBe(BYTES.length)
  }
  return await outcome(send())
}

/** Sources of uploads. */
export const sources: readonly Story[] = [
  { wire: 'bytes', gets: 'value', run: s => uploading(s, BYTES) },
  {
    wire: 'a stream of declared length',
    gets: 'value',
    run: s => uploading(s, Readable.from([BYTES]), { contentLength: BYTES.length }),
  },
  {
    wire: 'a stream that is shorter than declared',
    gets: 'InvalidRequestError',
    run: s => uploading(s, Readable.from([BYTES]), { contentLength: BYTES.length + 1 }),
  },
  {
    wire: 'a stream that is longer than declared',
    gets: 'InvalidRequestError',
    run: s => uploading(s, Readable.from([BYTES]), { contentLength: BYTES.length - 1 }),
  },
  { wire: 'a stream of objects', gets: 'InvalidRequestError', run: s => uploading(s, Readable.from([{ a: 1 }])) },
  { wire: 'a stream that fails', gets: "'no more', as it is", run: s => uploading(s, failing()) },
  {
    wire: 'a listener to progress that fails',
    gets: "'not now', as it is",
    run: s =>
      uploading(s, BYTES, {
        onProgress: () => {
          throw new Error('not now')
        },
      }),
  },
  {
    wire: 'what arrived is not what was sent',
    gets: 'ObjectHashMismatchError',
    run: async s => {
      await using server = await wire(it => it.say(reply('{}', 'HTTP/1.1 200 OK', `ETag: "${'0'.repeat(32)}"`)))
      await using driver = driverFor(server.port)
      const sent = uploadSource(BYTES, { signal: s }, 'md5')
      const send = async (): Promise<void> => {
        const spec = { method: 'PUT', path: '/object', body: sent.chunks } as const
        const { headers } = await driver.connection.request(spec, { ...LISTING, signal: s })
        verifyHash(sent.digest(), headers['etag']?.replaceAll('"', ''), { provider: 'rig', operation: 'listThings' })
      }
      return await outcome(send())
    },
  },
]
