import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, stat, truncate, utimes } from 'node:fs/promises'
import { type AddressInfo, createServer, connect as tcp } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { connectSsh, HostKeyError, type SSH2Client } from '../../../lib/deployment/index.js'
import { ConflictError, ConnectionError, InvalidRequestError, TimeoutError } from '../../../lib/errors.js'
import { useServer } from '../use-server.js'
import { Sshd } from './server.js'

const exec = promisify(execFile)
const MIB = 1_048_576
const SIZE = 1024 * MIB

let sshd: Sshd
let client: SSH2Client
useServer(
  'OpenSSH',
  async () => {
    sshd = await Sshd.start()
    client = await connectSsh(sshd.target())
  },
  async () => {
    await client?.close()
    await sshd?.stop()
  },
)
const caught = async (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    error => error,
  )
async function sumOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer)
  return hash.digest('hex')
}
async function makeFile(name: string, size: number): Promise<string> {
  const file = join(sshd.folder, name)
  await exec('openssl', ['rand', '-out', file, String(size)])
  return file
}
const parts = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter(name => name.startsWith('.libcloud-'))

/** Kills the server's end of a connection, from the outside, as soon as so much has gone over it. */
function cutter(pid: number, after: number) {
  const seen = { first: -1, last: -1, cut: false }
  const onProgress = ({ transferred }: { readonly transferred: number }): void => {
    if (seen.first < 0) seen.first = transferred
    seen.last = transferred
    if (transferred < after || seen.cut) return
    seen.cut = true
    process.kill(pid, 'SIGKILL')
  }
  return { seen, onProgress }
}
const serverPid = async (): Promise<number> => Number((await client.run('echo $PPID')).stdout)

describe('a transfer of 1 GiB whose connection is cut', () => {
  it('up: goes on where it ended, over a new connection', async () => {
    const local = await makeFile('gib', SIZE)
    const { seen, onProgress } = cutter(await serverPid(), SIZE / 2)
    const error = await caught(client.upload(local, 'gib', { resume: true, onProgress }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(seen.cut).toBe(true)
    expect(client.connected).toBe(false)
    expect(await readdir(sshd.home)).not.toContain('gib')
    const [part] = await parts(sshd.home)
    const held = (await stat(join(sshd.home, part as string))).size
    expect(held).toBeGreaterThan(SIZE / 4)
    await client.reconnect({ interval: 50 })
    const again = cutter(0, Number.POSITIVE_INFINITY)
    expect(await client.upload(local, 'gib', { resume: true, onProgress: again.onProgress })).toMatchObject({
      files: 1,
      bytes: SIZE,
    })
    // It went on from what was there, but for the pieces that were under way.
    expect(again.seen.first).toBeGreaterThan(held - 8 * MIB)
    expect(again.seen.last).toBe(SIZE)
    expect(await parts(sshd.home)).toEqual([])
    expect(await sumOf(join(sshd.home, 'gib'))).toBe(await sumOf(local))
  })

  it('down: goes on where it ended', async () => {
    const back = join(sshd.folder, 'gib-back')
    const { seen, onProgress } = cutter(await serverPid(), SIZE / 2)
    expect(await caught(client.download('gib', back, { resume: true, onProgress }))).toBeInstanceOf(ConnectionError)
    expect(seen.cut).toBe(true)
    expect(await readdir(sshd.folder)).not.toContain('gib-back')
    await client.reconnect({ interval: 50 })
    const again = cutter(0, Number.POSITIVE_INFINITY)
    await client.download('gib', back, { resume: true, onProgress: again.onProgress })
    expect(again.seen.first).toBeGreaterThan(SIZE / 4)
    expect(await parts(sshd.folder)).toEqual([])
    expect(await sumOf(back)).toBe(await sumOf(join(sshd.home, 'gib')))
    await exec('rm', ['-f', back, join(sshd.folder, 'gib'), join(sshd.home, 'gib')])
  })
})

describe('resume', () => {
  const size = 48 * MIB
  const stopAt = (bytes: number) => {
    const controller = new AbortController()
    const onProgress = ({ transferred }: { readonly transferred: number }): void => {
      if (transferred >= bytes) controller.abort()
    }
    return { signal: controller.signal, onProgress, resume: true }
  }

  it('never glues a file to what another one left: neither by time, nor by content under the same time', async () => {
    const local = await makeFile('changing', size)
    for (const keepTime of [false, true]) {
      const { atime, mtime } = await stat(local)
      expect((await caught(client.upload(local, 'changing', stopAt(size / 2))))?.name).toBe('AbortError')
      expect((await parts(sshd.home)).length).toBe(1)
      const file = await open(local, 'r+')
      await file.write(Buffer.from(`other${keepTime}`), 0, 9, 1000)
      await file.close()
      await utimes(local, atime, keepTime ? mtime : new Date(mtime.getTime() + 5000))
      const seen: number[] = []
      await client.upload(local, 'changing', { resume: true, onProgress: ({ transferred }) => seen.push(transferred) })
      expect(seen[0]).toBeLessThan(MIB)
      expect(await sumOf(join(sshd.home, 'changing'))).toBe(await sumOf(local))
      expect(await parts(sshd.home)).toEqual([])
    }
    const there = join(sshd.home, 'changing')
    const back = join(sshd.folder, 'changing-back')
    for (const keepTime of [false, true]) {
      const { atime, mtime } = await stat(there)
      expect((await caught(client.download('changing', back, stopAt(size / 2))))?.name).toBe('AbortError')
      const file = await open(there, 'r+')
      await file.write(Buffer.from(`other${keepTime}`), 0, 9, 2000)
      await file.close()
      await utimes(there, atime, keepTime ? mtime : new Date(mtime.getTime() + 5000))
      const seen: number[] = []
      await client.download('changing', back, { resume: true, onProgress: ({ transferred }) => seen.push(transferred) })
      expect(seen[0]).toBeLessThan(MIB)
      expect(await sumOf(back)).toBe(await sumOf(there))
      expect(await parts(sshd.folder)).toEqual([])
    }
  })

  it('a file that is changed meanwhile is an error, and leaves nothing', async () => {
    const local = await makeFile('shrinking', size)
    let cut = false
    const onProgress = (): void => {
      if (!cut) void truncate(local, 1000)
      cut = true
    }
    expect(await caught(client.upload(local, 'shrinking', { resume: true, onProgress }))).toBeInstanceOf(ConflictError)
    expect(await readdir(sshd.home)).not.toContain('shrinking')
    expect(await parts(sshd.home)).toEqual([])
  })

  it('without it, a transfer that fails leaves nothing', async () => {
    const local = await makeFile('leaving', size)
    expect((await caught(client.upload(local, 'leaving', { ...stopAt(size / 2), resume: false })))?.name).toBe(
      'AbortError',
    )
    await expect.poll(() => parts(sshd.home)).toEqual([])
  })

  it('a stream begins where it is told to', async () => {
    await client.put('digits', '0123456789')
    expect(await text(await client.get('digits', { start: 7 }))).toBe('789')
    expect(await text(await client.get('digits', { start: 10 }))).toBe('')
    expect(await caught(client.get('digits', { start: -1 }))).toBeInstanceOf(InvalidRequestError)
  })
})

describe('reconnect', () => {
  it('comes back after a restart, proved by the boot id', async () => {
    const before = await client.bootId()
    expect(before).toMatch(/^[0-9a-f-]{36}$/)
    const running = client.run('sleep 61').catch((error: unknown) => error as ConnectionError)
    const rebooting = sshd.reboot(1)
    await client.reconnect({ otherThan: before, interval: 50 })
    await rebooting
    // What is killed before the server's own end may still be told.
    const ended = await running
    if (!(ended instanceof ConnectionError)) expect(ended).toMatchObject({ signal: 'KILL' })
    expect(await client.bootId()).not.toBe(before)
    expect(client.connected).toBe(true)
    expect((await client.run('id -un')).stdout).toBe(`${sshd.user}\n`)
  })

  it('a machine that did not restart is not taken for one that did', async () => {
    const error = await caught(client.reconnect({ otherThan: await client.bootId(), interval: 50, timeout: 5000 }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.message).toMatch(/it has not restarted yet/)
    expect(client.connected).toBe(true)
    const reason = new Error('enough')
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 200)
    const given = { otherThan: await client.bootId(), interval: 50, signal: controller.signal }
    expect(await caught(client.reconnect(given))).toBe(reason)
  })

  it('another machine at its address is not logged in to', async () => {
    await using doomed = await connectSsh(sshd.target())
    for (const type of ['ed25519', 'rsa', 'ecdsa'] as const) {
      await exec('rm', ['-f', join(sshd.folder, `host_${type}`)])
      await exec('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', join(sshd.folder, `host_${type}`)])
    }
    await sshd.reboot(0)
    const error = await caught(doomed.reconnect({ interval: 50 }))
    expect(error).toBeInstanceOf(HostKeyError)
    expect(error.reason).toBe('changed')
    client = await connectSsh(sshd.target())
  })
})

describe('a port of the server', () => {
  it('leads here', async () => {
    const echo = createServer({ allowHalfOpen: true }, socket => socket.pipe(socket))
    await new Promise<void>(resolve => echo.listen(0, '127.0.0.1', resolve))
    const { port } = echo.address() as AddressInfo
    try {
      const forwarding = await client.forwardRemote('127.0.0.1', port)
      expect(forwarding.port).toBeGreaterThan(0)
      const sent = Buffer.alloc(300_000, 'x')
      const socket = tcp({ port: forwarding.port, host: '127.0.0.1', allowHalfOpen: true })
      socket.end(sent)
      const chunks: Buffer[] = []
      for await (const chunk of socket) chunks.push(chunk as Buffer)
      expect(Buffer.concat(chunks).equals(sent)).toBe(true)
      const taken = await caught(client.forwardRemote('127.0.0.1', port, { port: forwarding.port }))
      expect(taken).toBeInstanceOf(ConnectionError)
      await forwarding.close()
      await forwarding.close()
      const closed = await new Promise<Error>(resolve => tcp(forwarding.port, '127.0.0.1').once('error', resolve))
      expect((closed as NodeJS.ErrnoException).code).toBe('ECONNREFUSED')
    } finally {
      echo.close()
    }
  })
})
