import { execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, connect as tcp } from 'node:net'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect, promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { DummyNodeDriver } from '../../../drivers/dummy/compute.js'
import { Node, NodeAuthPassword } from '../../../lib/compute/types.js'
import {
  connectSsh,
  FileDeployment,
  HostKeyError,
  MultiStepDeployment,
  ScriptDeployment,
  ScriptError,
  ScriptFileDeployment,
  type SSH2Client,
  SSHKeyDeployment,
  shellQuote,
} from '../../../lib/deployment/index.js'
import {
  ConnectionError,
  DeploymentError,
  InvalidCredentialsError,
  InvalidRequestError,
  MalformedResponseError,
  NotFoundError,
  NotSupportedError,
  PermissionDeniedError,
  TimeoutError,
} from '../../../lib/errors.js'
import { enableDebug } from '../../../lib/http/trace.js'
import type { CallOptions } from '../../../lib/options.js'
import { useServer } from '../use-server.js'
import { Sshd } from './server.js'

const exec = promisify(execFile)
const HOSTILE = [
  "it's",
  'a b',
  '$(touch pwned)',
  '`id`',
  '"; rm -rf .; "',
  'new\nline',
  '*?[',
  '-rf',
  '\\',
  'é☃🎈',
  '!!',
  '~',
  '#',
  ' ',
]

let sshd: Sshd
let client: SSH2Client
let key: string
useServer(
  'OpenSSH',
  async () => {
    sshd = await Sshd.start()
    key = await sshd.makeKey('usual', '-t', 'ed25519')
    client = await connectSsh(sshd.target())
  },
  async () => {
    await client?.close()
    await sshd?.stop()
  },
)
/** What a promise fails with; nothing when it does not. */
const caught = async (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    error => error,
  )

describe('login', () => {
  const kinds: [string, string[], string?][] = [
    ['ed25519', ['-t', 'ed25519']],
    ['rsa', ['-t', 'rsa', '-b', '2048']],
    ['rsa 4096', ['-t', 'rsa', '-b', '4096']],
    ['ecdsa 256', ['-t', 'ecdsa', '-b', '256']],
    ['ecdsa 384', ['-t', 'ecdsa', '-b', '384']],
    ['ecdsa 521', ['-t', 'ecdsa', '-b', '521']],
    ['ed25519 with a passphrase', ['-t', 'ed25519', '-N', 'open sesame'], 'open sesame'],
    ['rsa with a passphrase', ['-t', 'rsa', '-b', '2048', '-N', 'open sesame'], 'open sesame'],
    ['ecdsa, aes256-gcm', ['-t', 'ecdsa', '-N', 'open sesame', '-Z', 'aes256-gcm@openssh.com'], 'open sesame'],
    ['rsa as PEM', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
    ['rsa as PEM with a passphrase', ['-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', 'open sesame'], 'open sesame'],
    ['ecdsa as PEM', ['-t', 'ecdsa', '-m', 'PEM']],
    ['ecdsa as PEM with a passphrase', ['-t', 'ecdsa', '-m', 'PEM', '-N', 'open sesame'], 'open sesame'],
    ['rsa as PKCS#8', ['-t', 'rsa', '-b', '2048', '-m', 'PKCS8']],
    ['rsa as PKCS#8 with a passphrase', ['-t', 'rsa', '-b', '2048', '-m', 'PKCS8', '-N', 'open sesame'], 'open sesame'],
    ['ecdsa as PKCS#8', ['-t', 'ecdsa', '-m', 'PKCS8']],
  ]
  it.each(kinds)('lets a key in: %s', async (name, args, passphrase) => {
    const made = await sshd.makeKey(name.replace(/\W/g, '_'), ...args)
    await using entered = await connectSsh(sshd.withKey(made, { passphrase }))
    expect((await entered.run('id -un')).stdout).toBe('libcloud-test\n')
    if (passphrase === undefined) return
    for (const wrong of [undefined, 'wrong']) {
      const error = await caught(connectSsh(sshd.withKey(made, { passphrase: wrong })))
      expect(error).toBeInstanceOf(InvalidRequestError)
      expect(error.message).toMatch(/passphrase is missing or wrong/)
    }
  })

  it('an ed25519 key in PKCS#8, with Windows line ends', async () => {
    const { generateKeyPairSync, createPublicKey } = await import('node:crypto')
    const { privateKey } = generateKeyPairSync('ed25519')
    const raw = createPublicKey(privateKey).export({ format: 'jwk' }).x as string
    const part = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes])
    const blob = Buffer.concat([part(Buffer.from('ssh-ed25519')), part(Buffer.from(raw, 'base64url'))])
    await (await connectSsh(sshd.target())).close()
    const { appendFile } = await import('node:fs/promises')
    await appendFile(join(sshd.folder, 'authorized_keys'), `ssh-ed25519 ${blob.toString('base64')}\n`)
    for (const cipher of [{}, { cipher: 'aes-256-cbc', passphrase: 'open sesame' }]) {
      const pem = privateKey.export({ format: 'pem', type: 'pkcs8', ...cipher } as never) as unknown as string
      const login = sshd.withKey(pem.replaceAll('\n', '\r\n'), { passphrase: 'open sesame' })
      await (await connectSsh(login)).close()
    }
  })

  it('tries several keys, then the password', async () => {
    const { stdout } = await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(sshd.folder, 'stranger')])
    expect(stdout).toBe('')
    const stranger = await readFile(join(sshd.folder, 'stranger'), 'utf8')
    await (await connectSsh(sshd.withKey(stranger, { privateKeys: [stranger, key] }))).close()
    await (await connectSsh(sshd.target({ privateKeys: [stranger] }))).close()
    const error = await caught(connectSsh(sshd.withKey(stranger)))
    expect(error).toBeInstanceOf(InvalidCredentialsError)
    expect(error.message).toBe(`libcloud-test@127.0.0.1:${sshd.port} refused the login (tried: publickey)`)
  })

  it('a wrong password is refused, and shown nowhere', async () => {
    const error = await caught(connectSsh(sshd.target({ password: 'wrong-secret' })))
    expect(error).toBeInstanceOf(InvalidCredentialsError)
    expect(error.message).toContain(`libcloud-test@127.0.0.1:${sshd.port}`)
    expect(inspect(error, { depth: 9 })).not.toContain('wrong-secret')
    expect(inspect(client, { depth: 9, showHidden: true })).not.toContain(sshd.password)
  })

  it('without credentials it is refused', async () => {
    const error = await caught(connectSsh(sshd.target({ password: undefined, agent: false })))
    expect(error).toBeInstanceOf(InvalidCredentialsError)
    expect(error.message).toMatch(/no key or password was given/)
  })

  /** The server tells of a connection's end a moment after it: what earlier tests left is waited for. */
  async function stillLog(): Promise<string> {
    for (let before = await sshd.log(); ; ) {
      await sleep(500)
      const now = await sshd.log()
      if (now === before) return now
      before = now
    }
  }

  it('what is no private key fails before anything is sent', async () => {
    const before = await stillLog()
    const pub = await sshd.hostLine('rsa')
    for (const bad of [
      '',
      'garbage',
      pub,
      key.slice(0, 200),
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
    ]) {
      const error = await caught(connectSsh(sshd.withKey(bad)))
      expect(error).toBeInstanceOf(InvalidRequestError)
      expect(error.argument).toBe('privateKeys')
    }
    expect(await stillLog()).toBe(before)
  })

  it('DSA keys, and those of security keys, are refused by name', async () => {
    await exec('ssh-keygen', ['-q', '-t', 'dsa', '-N', '', '-f', join(sshd.folder, 'dsa')])
    const part = (...bytes: (Buffer | string)[]): Buffer =>
      Buffer.concat(bytes.flatMap(each => [Buffer.from([0, 0, 0, each.length]), Buffer.from(each as string)]))
    const type = 'sk-ssh-ed25519@openssh.com'
    const open = part(type, Buffer.alloc(32, 7), 'ssh:')
    const halves = Buffer.concat([Buffer.alloc(8, 1), open, Buffer.from([1]), part('handle', '', 'comment')])
    const padded = Buffer.concat([
      halves,
      Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, (8 - (halves.length % 8)) % 8),
    ])
    const head = Buffer.concat([Buffer.from('openssh-key-v1\0'), part('none', 'none', ''), Buffer.from([0, 0, 0, 1])])
    const long = (bytes: Buffer): Buffer =>
      Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes])
    const blob = Buffer.concat([head, long(open), long(padded)]).toString('base64')
    const held = `-----BEGIN OPENSSH PRIVATE KEY-----\n${blob}\n-----END OPENSSH PRIVATE KEY-----\n`
    const cases = [
      [await readFile(join(sshd.folder, 'dsa'), 'utf8'), /DSA keys are not supported/],
      [held, /keys of type sk-ssh-ed25519@openssh\.com are not supported: they need the security key itself/],
    ] as const
    for (const [bad, why] of cases) {
      const error = await caught(connectSsh(sshd.withKey(bad)))
      expect(error).toBeInstanceOf(InvalidRequestError)
      expect(error.message).toMatch(why)
    }
  })

  it('by an agent', async () => {
    const socket = join(sshd.folder, 'agent')
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    try {
      for (let tries = 0; tries < 100 && !(await stat(socket).catch(() => undefined)); tries++) await sleep(20)
      const login = sshd.target({ password: undefined, agent: socket })
      expect(await caught(connectSsh(login))).toBeInstanceOf(InvalidCredentialsError)
      for (const type of ['rsa', 'ed25519']) {
        await exec('ssh-add', ['-q', '-D'], { env: { ...process.env, SSH_AUTH_SOCK: socket } }).catch(() => {})
        await sshd.makeKey(`agent_${type}`, '-t', type)
        await exec('ssh-add', ['-q', join(sshd.folder, `agent_${type}`)], {
          env: { ...process.env, SSH_AUTH_SOCK: socket },
        })
        await (await connectSsh(login)).close()
      }
      process.env['SSH_AUTH_SOCK'] = socket
      await (await connectSsh(sshd.target({ password: undefined }))).close()
      // Credentials were given: the agent is not asked.
      expect(await caught(connectSsh(sshd.target({ password: 'wrong' })))).toBeInstanceOf(InvalidCredentialsError)
    } finally {
      delete process.env['SSH_AUTH_SOCK']
      agent.kill()
    }
    const error = await caught(connectSsh(sshd.target({ password: undefined, agent: join(sshd.folder, 'nobody') })))
    expect(error).toBeInstanceOf(InvalidCredentialsError)
  })

  it('by answers to the questions of the server', async () => {
    const login = sshd.target({ port: sshd.asking })
    await (await connectSsh(login)).close()
    const asked: unknown[] = []
    const onPrompt = async (prompts: readonly { prompt: string; echo: boolean }[]): Promise<string[]> => {
      asked.push(...prompts)
      return [sshd.password]
    }
    await (await connectSsh({ ...login, password: undefined, onPrompt })).close()
    expect(asked).toEqual([{ prompt: 'Password: ', echo: false }])
    expect(await caught(connectSsh({ ...login, password: 'wrong' }))).toBeInstanceOf(InvalidCredentialsError)
    const tired = new Error('nobody is there')
    const error = await caught(connectSsh({ ...login, password: undefined, onPrompt: () => Promise.reject(tired) }))
    expect(error).toBe(tired)
  })

  it('through a jump host, and another one', async () => {
    const inner = sshd.target({ jump: sshd.withKey(key, { jump: sshd.withKey(key) }) })
    const entered = await connectSsh(inner)
    expect((await entered.run('echo $SSH_CONNECTION')).stdout).toContain(` 127.0.0.1 ${sshd.port}\n`)
    await entered.close()
    const wrong = await caught(connectSsh({ ...inner, jump: sshd.target({ password: 'wrong' }) }))
    expect(wrong).toBeInstanceOf(InvalidCredentialsError)
    const nowhere = await caught(connectSsh({ ...inner, port: 1 }))
    expect(nowhere).toBeInstanceOf(ConnectionError)
    expect(nowhere.message).toMatch(/does not reach 127\.0\.0\.1:1/)
  })

  it('fails clearly where nobody listens, where somebody else does, and where nobody answers', async () => {
    const none = await caught(connectSsh(sshd.target({ port: 1 })))
    expect(none).toBeInstanceOf(ConnectionError)
    expect(none).toMatchObject({ retryable: true })
    expect(none.message).toMatch(/libcloud-test@127\.0\.0\.1:1: .*ECONNREFUSED/)
    expect(await caught(connectSsh(sshd.target({ host: 'no-such-host.invalid' })))).toBeInstanceOf(ConnectionError)
    const mute = createServer(() => {})
    const web = createServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>(resolve => mute.listen(0, '127.0.0.1', resolve))
    await new Promise<void>(resolve => web.listen(0, '127.0.0.1', resolve))
    const [mutePort, webPort] = [mute, web].map(server => (server.address() as AddressInfo).port)
    try {
      expect(await caught(connectSsh(sshd.target({ port: mutePort }), { timeout: 300 }))).toBeInstanceOf(TimeoutError)
      expect(await caught(connectSsh(sshd.target({ port: mutePort, connectTimeout: 300 })))).toBeInstanceOf(
        TimeoutError,
      )
      const reason = new Error('enough')
      const signal = AbortSignal.any([])
      expect(signal.aborted).toBe(false)
      const controller = new AbortController()
      setTimeout(() => controller.abort(reason), 100)
      expect(await caught(connectSsh(sshd.target({ port: mutePort }), { signal: controller.signal }))).toBe(reason)
      expect(await caught(connectSsh(sshd.target({ port: webPort })))).toBeInstanceOf(ConnectionError)
    } finally {
      mute.close()
      web.close()
    }
  })
})

describe('host keys', () => {
  it('accept-new writes a new host down, and holds it to that', async () => {
    const knownHosts = join(sshd.folder, 'fresh', 'known_hosts')
    const login = sshd.target({ hostKey: 'accept-new', knownHosts })
    await (await connectSsh(login)).close()
    const line = await readFile(knownHosts, 'utf8')
    expect(line).toMatch(new RegExp(`^\\[127\\.0\\.0\\.1\\]:${sshd.port} ssh-ed25519 \\S+\\n$`))
    expect((await stat(knownHosts)).mode & 0o777).toBe(0o600)
    await (await connectSsh({ ...login, hostKey: 'strict' })).close()
    expect(await readFile(knownHosts, 'utf8')).toBe(line)
    // ssh itself reads it.
    const { stdout } = await exec('ssh-keygen', ['-F', `[127.0.0.1]:${sshd.port}`, '-f', knownHosts])
    expect(stdout).toContain('ssh-ed25519')
    await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(sshd.folder, 'false_host')])
    const other = (await readFile(join(sshd.folder, 'false_host.pub'), 'utf8')).trim()
    await writeFile(knownHosts, `[127.0.0.1]:${sshd.port} ${other}\n`)
    const error = await caught(connectSsh(login))
    expect(error).toBeInstanceOf(HostKeyError)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({
      name: 'HostKeyError',
      reason: 'changed',
      fingerprint: await sshd.hostFingerprint('ed25519'),
    })
  })

  it('strict knows plain, hashed, pattern and other-type entries, and refuses what it does not know', async () => {
    const knownHosts = join(sshd.folder, 'strict_hosts')
    const login = sshd.target({ hostKey: 'strict', knownHosts })
    expect(await caught(connectSsh(login))).toMatchObject({ reason: 'unknown' })
    for (const type of ['ed25519', 'rsa', 'ecdsa'] as const) {
      await writeFile(knownHosts, `[127.0.0.1]:${sshd.port} ${await sshd.hostLine(type)}\n`)
      const entered = await connectSsh(login)
      expect(entered.hostKey.fingerprint).toBe(await sshd.hostFingerprint(type))
      await entered.close()
      await exec('ssh-keygen', ['-H', '-f', knownHosts])
      expect(await readFile(knownHosts, 'utf8')).toMatch(/^\|1\|/)
      await (await connectSsh(login)).close()
    }
    await writeFile(knownHosts, `!10.*,[127.*]:* ${await sshd.hostLine('rsa')}\n`)
    await (await connectSsh(login)).close()
    await writeFile(knownHosts, `127.0.0.1 ${await sshd.hostLine('ed25519')}\n`)
    await (await connectSsh(login)).close()
    const line = await sshd.hostLine('ed25519')
    await writeFile(knownHosts, `[127.0.0.1]:${sshd.port} ${line}\n@revoked * ${line}\n`)
    expect(await caught(connectSsh({ ...login, hostKey: 'accept-new' }))).toMatchObject({ reason: 'revoked' })
  })

  it('a pinned fingerprint of any of its keys will do; no password goes to a stranger', async () => {
    for (const type of ['ed25519', 'rsa', 'ecdsa'] as const) {
      const pinned = await sshd.hostFingerprint(type)
      const entered = await connectSsh(sshd.target({ hostKey: { pinned } }))
      expect(entered.hostKey.fingerprint).toBe(pinned)
      await entered.close()
      await (await connectSsh(sshd.target({ hostKey: { pinned: [await sshd.hostLine(type)] } }))).close()
    }
    const stranger = createHash('sha256').update('stranger').digest('base64').replace(/=+$/, '')
    const error = await caught(connectSsh(sshd.target({ hostKey: { pinned: `SHA256:${stranger}` } })))
    expect(error).toMatchObject({ reason: 'changed', fingerprint: await sshd.hostFingerprint('ed25519') })
    expect(await caught(connectSsh(sshd.target({ hostKey: { pinned: 'SHA256:short' } })))).toBeInstanceOf(
      InvalidRequestError,
    )
  })

  it('a function decides', async () => {
    const seen: string[] = []
    const decide = (good: boolean) => async (shown: { fingerprint: string }) => seen.push(shown.fingerprint) > 0 && good
    await (await connectSsh(sshd.target({ hostKey: decide(true) }))).close()
    expect(await caught(connectSsh(sshd.target({ hostKey: decide(false) })))).toMatchObject({ reason: 'refused' })
    expect(seen).toEqual(Array(2).fill(await sshd.hostFingerprint('ed25519')))
  })
})

describe('run', () => {
  it('tells outputs, status and signal', async () => {
    expect(await client.run('echo out; echo err >&2; exit 3')).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exitStatus: 3,
      signal: undefined,
    })
    expect(await client.run('kill -TERM $$')).toMatchObject({ exitStatus: undefined, signal: 'TERM' })
    expect(await client.run('true')).toMatchObject({ stdout: '', stderr: '', exitStatus: 0 })
    expect(await client.run('no-such-command')).toMatchObject({ exitStatus: 127 })
  })

  it('hostile arguments reach the command as they are', async () => {
    for (const word of HOSTILE) {
      expect((await client.run(`printf %s ${shellQuote(word)}`)).stdout).toBe(word)
      expect((await client.run('printf %s "$WORD"', { env: { WORD: word } })).stdout).toBe(word)
      expect((await client.run('printf %s "$LIBCLOUD_GOOD_WORD"', { env: { LIBCLOUD_GOOD_WORD: word } })).stdout).toBe(
        word,
      )
      expect((await client.run('cat', { stdin: word })).stdout).toBe(word)
    }
    expect(await readdir(sshd.home)).not.toContain('pwned')
    expect(await caught(client.run('echo \0'))).toBeInstanceOf(InvalidRequestError)
    expect(await caught(client.run('true', { env: { 'A;id': '1' } }))).toBeInstanceOf(InvalidRequestError)
    expect(await caught(client.run('x'.repeat(200_000)))).toBeInstanceOf(InvalidRequestError)
  })

  it('variables that the server takes are not in the command line, others are', async () => {
    const env = { LIBCLOUD_GOOD_ONE: 'sent-as-variable', OTHER: 'in-the-line' }
    const { stdout } = await client.run('echo $LIBCLOUD_GOOD_ONE $OTHER; cat /proc/$PPID/cmdline /proc/$$/cmdline', {
      env,
    })
    expect(stdout).toMatch(/^sent-as-variable in-the-line\n/)
    expect(stdout.split('\n').slice(1).join('')).not.toContain('sent-as-variable')
  })

  it('input and output are streams where wanted, as slow as they are', async () => {
    const bytes = randomBytes(3_000_000)
    const received: Buffer[] = []
    const slow = new Writable({
      highWaterMark: 1000,
      write: (chunk, _encoding, done) => {
        received.push(chunk)
        setTimeout(done, 1)
      },
    })
    const result = await client.run('cat', { stdin: Readable.from([bytes]), stdout: slow })
    await new Promise(resolve => slow.end(resolve))
    expect(result).toMatchObject({ stdout: '', exitStatus: 0 })
    expect(Buffer.concat(received).equals(bytes)).toBe(true)
    const errors: Buffer[] = []
    const stderr = new Writable({
      highWaterMark: 1000,
      write: (chunk, _encoding, done) => {
        errors.push(chunk)
        setTimeout(done, 5)
      },
    })
    await client.run('head -c 3000000 /dev/zero >&2', { stderr })
    expect(Buffer.concat(errors).length).toBe(3_000_000)
    const stuck = new Writable({ write: () => {} })
    expect(await caught(client.run('yes', { stdout: stuck, timeout: 300 }))).toBeInstanceOf(TimeoutError)
    await gone('yes')
    // A command need not read what it is given.
    expect(await client.run('head -c 5', { stdin: Readable.from([bytes]) })).toMatchObject({ exitStatus: 0 })
    const broken = new Error('no more')
    const stdin = new Readable({
      read() {
        this.destroy(broken)
      },
    })
    expect(await caught(client.run('cat', { stdin }))).toBe(broken)
  })

  it('output has a limit', async () => {
    const error = await caught(client.run('yes', { maxOutputBytes: 1000 }))
    expect(error).toBeInstanceOf(MalformedResponseError)
    expect(error.message).toMatch(/standard output is more than 1000 bytes/)
    expect(error.body).toMatch(/^y\ny\n/)
    expect((await client.run('head -c 1000 /dev/zero', { maxOutputBytes: 1000 })).stdout.length).toBe(1000)
    await gone('yes')
  })

  /** Waits until no process of that command is left. */
  async function gone(pattern: string): Promise<void> {
    for (let tries = 0; tries < 40; tries++) {
      if ((await client.run(`pgrep -u libcloud-test -x ${pattern}`)).exitStatus === 1) return
      await sleep(100)
    }
    throw new Error(`${pattern} still runs`)
  }

  it('ends with the timeout or the signal, and the command with it', async () => {
    expect(await caught(client.run('sleep 61', { timeout: 200 }))).toBeInstanceOf(TimeoutError)
    const reason = new Error('enough')
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 200)
    // One that will not end when it is asked to.
    const stubborn = `sh -c 'trap "" TERM; while :; do sleep 62; done'`
    expect(await caught(client.run(stubborn, { signal: controller.signal }))).toBe(reason)
    await gone('sleep')
    expect(await caught(client.run('true', { signal: controller.signal }))).toBe(reason)
    expect((await client.run('echo still here')).stdout).toBe('still here\n')
  })

  it('a terminal', async () => {
    const { stdout } = await client.run('tty; stty size; echo $TERM; echo err >&2', {
      pty: { rows: 40, columns: 132, term: 'dumb' },
    })
    expect(stdout).toMatch(/^\/dev\/pts\/\d+\r\n40 132\r\ndumb\r\nerr\r\n$/)
    expect((await client.run('tty')).stdout).toBe('not a tty\n')
  })

  it('sudo asks for the password, gets it, and the command gets only its own input', async () => {
    const sudo = { password: sshd.password }
    expect(await client.run('id -u; cat; echo err >&2', { sudo, stdin: 'input' })).toMatchObject({
      stdout: '0\ninput',
      stderr: 'err\n',
    })
    expect((await client.run('echo "$WORD"', { sudo, env: { WORD: "it's" } })).stdout).toBe("it's\n")
    expect(await client.run('exit 7', { sudo })).toMatchObject({ exitStatus: 7 })
    for (const wrong of [{ password: 'not-this-one' }, true]) {
      const error = await caught(client.run('id -u', { sudo: wrong }))
      expect(error).toBeInstanceOf(InvalidCredentialsError)
      expect(inspect(error)).not.toContain('not-this-one')
    }
    // Where sudo does not ask, the password is not said.
    await using root = await connectSsh(sshd.withKey(key, { username: 'root' }))
    expect(
      (await root.run('id -un; cat', { sudo: { user: 'nobody', password: 'said-too-early' }, stdin: 'x' })).stdout,
    ).toBe('nobody\nx')
  })

  it('many commands at once, over one connection', async () => {
    const logins = (await sshd.log()).split('Accepted').length
    expect(logins).toBeGreaterThan(1)
    const results = await Promise.all(Array.from({ length: 60 }, (_, n) => client.run(`sleep 0.0${n % 10}; echo ${n}`)))
    expect(results.map(result => Number(result.stdout))).toEqual(Array.from({ length: 60 }, (_, n) => n))
    expect((await sshd.log()).split('Accepted').length).toBe(logins)
  })

  it('a lost connection is an error that says that it may have happened', async () => {
    const doomed = await connectSsh(sshd.target())
    const error = await caught(doomed.run('kill -9 $PPID; read -r never'))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.mayHaveHappened).toBe(true)
    expect(doomed.connected).toBe(false)
    expect(await caught(doomed.run('true'))).toBeInstanceOf(ConnectionError)
    expect(await caught(doomed.put('x', 'y'))).toBeInstanceOf(ConnectionError)
    await doomed.close()
  })

  it('closing ends what runs', async () => {
    const closing = await connectSsh(sshd.target())
    const running = caught(closing.run('sleep 63'))
    await sleep(100)
    await closing.close()
    await closing.close()
    expect(await running).toBeInstanceOf(ConnectionError)
    await gone('sleep')
  })
})

describe('files', () => {
  it('are whole when their name appears, and have their mode', async () => {
    const path = await client.put('~/notes.txt', 'first', { mode: 0o640 })
    expect(path).toBe(join(sshd.home, 'notes.txt'))
    expect((await stat(path)).mode & 0o7777).toBe(0o640)
    await client.put('notes.txt', Buffer.from('second'))
    expect(await text(await client.get('notes.txt'))).toBe('second')
    const slow = new PassThrough()
    const putting = client.put('notes.txt', slow)
    slow.write('half')
    await sleep(100)
    expect(await text(await client.get(path))).toBe('second')
    slow.end(' and half')
    await putting
    expect(await text(await client.get(path))).toBe('half and half')
    await client.put('empty', '')
    expect(await text(await client.get('empty'))).toBe('')
    expect(await text(await client.get('/proc/self/status'))).toContain('sshd')
  })

  it('a source that fails, an abort and a timeout leave nothing', async () => {
    const before = await readdir(sshd.home)
    const broken = new Error('no more')
    const failing = Readable.from(
      (async function* () {
        yield 'some'
        throw broken
      })(),
    )
    expect(await caught(client.put('broken', failing))).toBe(broken)
    const reason = new Error('enough')
    const controller = new AbortController()
    const endless = Readable.from(
      (async function* () {
        for (let pieces = 0; ; pieces++) {
          if (pieces === 40) controller.abort(reason)
          yield randomBytes(65_536)
          await sleep(1)
        }
      })(),
    )
    expect(await caught(client.put('endless', endless, { signal: controller.signal }))).toBe(reason)
    expect(await caught(client.put('never', new PassThrough(), { timeout: 200 }))).toBeInstanceOf(TimeoutError)
    for (let tries = 0; tries < 30 && (await readdir(sshd.home)).length !== before.length; tries++) await sleep(100)
    expect(await readdir(sshd.home)).toEqual(before)
  })

  it('hostile names', async () => {
    for (const name of HOSTILE.filter(name => name !== '~')) {
      await client.put(`./${name}`, name)
      expect(await readFile(join(sshd.home, name), 'utf8')).toBe(name)
      expect(await text(await client.get(`./${name}`))).toBe(name)
      await client.delete(`./${name}`)
      expect(await readdir(sshd.home)).not.toContain(name)
    }
    expect(await caught(client.put('a\0b', ''))).toBeInstanceOf(InvalidRequestError)
  })

  it('errors tell what is wrong', async () => {
    expect(await caught(client.get('no/such/file'))).toBeInstanceOf(NotFoundError)
    expect(await caught(client.delete('nothing'))).toBeInstanceOf(NotFoundError)
    const denied = await caught(client.put('/etc/libcloud-test', ''))
    expect(denied).toBeInstanceOf(PermissionDeniedError)
    expect(denied.message).toContain('/etc/libcloud-test on libcloud-test@127.0.0.1')
    await using asking = await connectSsh(sshd.target({ port: sshd.asking }))
    expect(await caught(asking.put('x', 'y'))).toBeInstanceOf(NotSupportedError)
  })

  it('64 MiB both ways, with progress and bounded memory', async () => {
    const size = 64 * 1024 * 1024
    const local = join(sshd.folder, 'large')
    const bytes = randomBytes(size)
    await writeFile(local, bytes)
    const sum = createHash('sha256').update(bytes).digest('hex')
    const seen: number[] = []
    const sent = await client.upload(local, 'large', {
      onProgress: ({ transferred, total }) => seen.push(transferred / (total ?? 0)),
    })
    expect(sent).toEqual({ files: 1, bytes: size, skipped: [] })
    expect(seen.at(-1)).toBe(1)
    expect((await client.run('sha256sum large')).stdout).toContain(sum)
    const back = join(sshd.folder, 'large-back')
    expect(await client.download('large', back)).toMatchObject({ files: 1, bytes: size })
    expect(
      createHash('sha256')
        .update(await readFile(back))
        .digest('hex'),
    ).toBe(sum)
    const controller = new AbortController()
    const onProgress = ({ transferred }: { transferred: number }): void => {
      if (transferred > 5_000_000) controller.abort()
    }
    const error = await caught(client.download('large', `${back}-2`, { signal: controller.signal, onProgress }))
    expect(error?.name).toBe('AbortError')
    await sleep(200)
    expect(
      (await readdir(sshd.folder)).filter(name => name.includes('large-back-2') || name.startsWith('.libcloud')),
    ).toEqual([])
    const reason = new Error('enough')
    const stopping = new AbortController()
    const stopped = await client.get('large', { signal: stopping.signal })
    setTimeout(() => stopping.abort(reason), 20)
    stopped.on('error', () => {})
    expect(await caught(sleep(100).then(() => text(stopped)))).toBe(reason)
    const late = (await client.get('large', { timeout: 100 })).on('error', () => {})
    expect(await caught(sleep(200).then(() => text(late)))).toBeInstanceOf(TimeoutError)
    const stream = await client.get('large')
    for await (const _chunk of stream) break
    await Promise.all([rm(local), rm(back), client.delete('large')])
  })

  it('trees keep modes and names; links are not followed', async () => {
    const tree = join(sshd.folder, 'tree')
    await mkdir(join(tree, 'sub', 'deeper'), { recursive: true })
    await mkdir(join(tree, 'empty'))
    for (const name of HOSTILE.filter(name => name !== '~')) await writeFile(join(tree, 'sub', name), name)
    await writeFile(join(tree, 'sub', 'deeper', 'run.sh'), '#!/bin/sh\n')
    await chmod(join(tree, 'sub', 'deeper', 'run.sh'), 0o751)
    await symlink('/etc', join(tree, 'link'))
    const files = HOSTILE.length
    expect(await client.upload(tree, 'tree')).toMatchObject({ files, skipped: [join(tree, 'link')] })
    await client.run('ln -s /etc tree/link')
    const back = join(sshd.folder, 'tree-back')
    expect(await client.download('tree', back)).toMatchObject({ files, skipped: ['tree/link'] })
    expect((await stat(join(back, 'sub/deeper/run.sh'))).mode & 0o777).toBe(0o751)
    expect((await readdir(join(back, 'sub'))).sort()).toEqual((await readdir(join(tree, 'sub'))).sort())
    await client.delete('tree', { recursive: true })
    expect(await readdir(sshd.home)).not.toContain('tree')
    expect(await readdir('/etc')).toContain('passwd')
  })
})

describe('ports', () => {
  it('of this machine lead to what the server sees', async () => {
    const echo = createServer(socket => socket.pipe(socket))
    await new Promise<void>(resolve => echo.listen(0, '127.0.0.1', resolve))
    const { port } = echo.address() as AddressInfo
    try {
      await using forwarding = await client.forward('127.0.0.1', port)
      const bytes = randomBytes(500_000)
      const socket = tcp(forwarding.port, '127.0.0.1')
      socket.end(bytes)
      const chunks: Buffer[] = []
      for await (const chunk of socket) chunks.push(chunk as Buffer)
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
      const stream = await client.connect('127.0.0.1', port)
      stream.end('hello')
      expect(await text(stream)).toBe('hello')
      expect(await caught(client.connect('127.0.0.1', 1))).toBeInstanceOf(ConnectionError)
    } finally {
      echo.close()
    }
  })
})

it('LIBCLOUD_DEBUG shows commands and outputs, and no secrets', async () => {
  const lines: string[] = []
  enableDebug({ write: (chunk: string) => lines.push(chunk) > 0 })
  try {
    await using traced = await connectSsh(sshd.target({ privateKeys: [key] }))
    await traced.run('echo hello "$API_KEY"', { env: { API_KEY: 'very-secret-key' } })
    await traced.run('echo unlogged', { noLog: true, description: 'making an account' })
    await traced.run('id', { sudo: { password: sshd.password } })
    await traced.put('traced', 'content-of-a-file')
  } finally {
    enableDebug(undefined)
  }
  const all = lines.join('')
  expect(all).toContain(`ssh -p ${sshd.port} libcloud-test@127.0.0.1 `)
  expect(all).toContain('hello [redacted]\n')
  expect(all).toContain('# exit status 0')
  expect(all).toContain(`# libcloud-test@127.0.0.1:${sshd.port}: 'making an account'`)
  expect(all).not.toContain('unlogged')
  for (const secret of [sshd.password, 'very-secret-key', 'content-of-a-file', key.split('\n')[2] as string]) {
    expect(all).not.toContain(secret)
  }
})

/** DUMMY, whose nodes are the server here. */
class HereNodeDriver extends DummyNodeDriver {
  override async getNode(nodeId: string, options?: CallOptions): Promise<Node<never>> {
    const node = await super.getNode(nodeId, options)
    const publicIps = node.publicIps.length > 0 ? ['127.0.0.1'] : []
    return new Node(this, { ...node, publicIps }) as Node<never>
  }
}

describe('deployNode', () => {
  const driver = new HereNodeDriver()
  const order = async () => ({
    name: 'web-1',
    size: (await driver.listSizes())[0] as { id: string },
    image: (await driver.listImages())[0] as { id: string },
    auth: new NodeAuthPassword(sshd.password),
    sshUsername: sshd.user,
    sshPort: sshd.port,
    waitPeriod: 50,
  })

  it('creates, waits, logs in, and runs the steps', async () => {
    const file = join(sshd.folder, 'a script.sh')
    await writeFile(file, '#!/bin/sh\necho "from a file: $#"\n')
    const script = new ScriptDeployment('#!/bin/sh\necho "$0" "$@"; echo err >&2; exit 3\n', {
      args: HOSTILE,
      delete: true,
    })
    const scriptFile = new ScriptFileDeployment(file, { args: ['1', '2'], name: 'kept.sh' })
    const streamed = new ScriptDeployment(Readable.from(['#!/bin/sh\n', 'echo streamed']), {
      name: '/tmp/libcloud deployment $x.sh',
      delete: true,
    })
    const newKey = await sshd.hostLine('ecdsa')
    const steps = new MultiStepDeployment([new SSHKeyDeployment(newKey), new FileDeployment(file, 'copied file')])
    steps.add([script, scriptFile])
    const phases: string[] = []
    const exits: string[] = []
    const node = await driver.deployNode({
      ...(await order()),
      deploy: [steps, streamed, new SSHKeyDeployment(Readable.from([`${newKey}\n${await sshd.hostLine('rsa')}`]))],
      onProgress: ({ phase, step }) => phases.push(phase === 'step' && step ? step : phase),
      atExit: left => exits.push(left.name),
    })
    expect(node.name).toBe('web-1')
    expect(phases).toEqual([
      'created',
      'running',
      'connected',
      'MultiStepDeployment',
      'stepDone',
      '/tmp/libcloud deployment $x.sh',
      'stepDone',
      'SSHKeyDeployment',
      'stepDone',
      'done',
    ])
    expect(exits).toEqual(['web-1'])
    expect(script.name).toMatch(/^libcloud_deployment_[0-9a-f]{8}\.sh$/)
    expect(script).toMatchObject({
      stdout: `${join(sshd.home, script.name)} ${HOSTILE.join(' ')}\n`,
      stderr: 'err\n',
      exitStatus: 3,
    })
    expect(scriptFile).toMatchObject({ stdout: 'from a file: 2\n', exitStatus: 0 })
    expect(streamed).toMatchObject({ stdout: 'streamed\n', exitStatus: 0 })
    const home = await readdir(sshd.home)
    expect(home).toContain('kept.sh')
    expect(home).not.toContain(script.name)
    expect((await stat(join(sshd.home, 'kept.sh'))).mode & 0o777).toBe(0o755)
    expect((await stat(join(sshd.home, 'copied file'))).mode & 0o777).toBe((await stat(file)).mode & 0o777)
    const keys = (await readFile(join(sshd.home, '.ssh/authorized_keys'), 'utf8')).trim().split('\n')
    expect(keys).toEqual([newKey, await sshd.hostLine('rsa')])
    expect((await stat(join(sshd.home, '.ssh'))).mode & 0o777).toBe(0o700)
    await driver.destroyNode(node)
  })

  it('a failing step tells node, step and output; the node stays, or goes where that is wanted', async () => {
    const deploy = new ScriptDeployment('#!/bin/sh\necho done so far; echo "disk is full" >&2; exit 9', {
      name: 'install.sh',
      check: true,
    })
    const exits: string[] = []
    const error = await caught(driver.deployNode({ ...(await order()), deploy, atExit: left => exits.push(left.id) }))
    expect(error).toBeInstanceOf(DeploymentError)
    expect(error.message).toMatch(/'install\.sh' failed: install\.sh ended with status 9: disk is full/)
    let cause = error
    while (cause && !(cause instanceof ScriptError)) cause = cause.cause
    expect(cause).toMatchObject({
      name: 'ScriptError',
      step: 'install.sh',
      exitStatus: 9,
      stdout: 'done so far\n',
      stderr: 'disk is full\n',
    })
    expect(exits).toEqual([error.node.id])
    expect((await driver.getNode(error.node.id)).state).toBe('running')
    await driver.destroyNode(error.node)
    const again = await caught(driver.deployNode({ ...(await order()), deploy, destroyOnFailure: true }))
    expect(again.message).toContain('The node was destroyed.')
  })

  it('a step is tried again', async () => {
    await rm(join(sshd.home, 'tries'), { force: true })
    const deploy = new ScriptDeployment('#!/bin/sh\necho x >>tries; test "$(wc -l <tries)" -ge 3', {
      check: true,
      timeout: 5000,
    })
    await driver.destroyNode(await driver.deployNode({ ...(await order()), deploy, maxTries: 3 }))
    expect(await readFile(join(sshd.home, 'tries'), 'utf8')).toBe('x\nx\nx\n')
  })

  it('tries other users, keys from files; gives up in time', async () => {
    const { auth: _auth, ...rest } = await order()
    const deploy = new ScriptDeployment('#!/bin/sh\nid -un')
    const sshKeyFile = join(sshd.folder, 'usual')
    const given = { ...rest, deploy, sshKeyFile, sshUsername: 'nobody-here', sshAlternateUsernames: [sshd.user] }
    await driver.destroyNode(await driver.deployNode(given))
    expect(deploy.stdout).toBe(`${sshd.user}\n`)
    const error = await caught(
      driver.deployNode({ ...given, sshAlternateUsernames: [], sshTimeout: 600, destroyOnFailure: true }),
    )
    expect(error).toBeInstanceOf(DeploymentError)
    expect(error.message).toMatch(/refused the login/)
    const count = (await driver.listNodes()).length
    const unusable = await caught(driver.deployNode({ ...given, sshKey: 'no key' }))
    expect(unusable).toBeInstanceOf(InvalidRequestError)
    expect((await driver.listNodes()).length).toBe(count)
    const slow = new ScriptDeployment('#!/bin/sh\nsleep 64', { timeout: 300, delete: true })
    const late = await caught(driver.deployNode({ ...given, deploy: slow, destroyOnFailure: true }))
    expect(late.cause).toBeInstanceOf(TimeoutError)
    for (let tries = 0; tries < 30 && (await readdir(sshd.home)).includes(slow.name); tries++) await sleep(100)
    expect(await readdir(sshd.home)).not.toContain(slow.name)
  })
})
