// Real SSH servers on loopback, and what is needed to enter them.
import { execFile } from 'node:child_process'
import { appendFile, mkdtemp, readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ConnectOptions } from '../../../lib/deployment/index.js'

const exec = promisify(execFile)

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

export class Sshd {
  readonly user = 'libcloud-test'
  readonly password = `pass 'word" $${Math.random()}`
  readonly folder: string
  readonly port: number
  /** Asks the password by keyboard-interactive, and has no SFTP. */
  readonly asking: number
  constructor(folder: string, port: number, asking: number) {
    this.folder = folder
    this.port = port
    this.asking = asking
  }

  /** @param machines how many addresses, from 127.77.0.1 on, lead to it beside its own */
  static async start(machines = 0): Promise<Sshd> {
    const folder = await mkdtemp(join(tmpdir(), 'libcloud-sshd-'))
    const sshd = new Sshd(folder, await freePort(), await freePort())
    const script = join(import.meta.dirname, 'up.sh')
    const env = { ...process.env, SSH_PASSWORD: sshd.password, SSH_MACHINES: String(machines) }
    try {
      await exec('bash', [script, folder, String(sshd.port), String(sshd.asking)], { env })
    } catch (error) {
      await sshd.stop()
      throw error
    }
    return sshd
  }

  async stop(): Promise<void> {
    await exec('bash', [join(import.meta.dirname, 'down.sh'), this.folder])
  }

  /** Ends all that runs on it, and starts it again, so many seconds later, under another boot id. */
  async reboot(away = 0.5): Promise<void> {
    await exec('bash', [join(import.meta.dirname, 'reboot.sh'), this.folder, String(away)])
  }

  /** Process ids of all that runs on it, but the servers that listen. */
  async running(): Promise<string[]> {
    const { stdout } = await exec('bash', [join(import.meta.dirname, 'running.sh'), this.folder])
    return stdout.split('\n').filter(Boolean)
  }

  get home(): string {
    return join(this.folder, 'home')
  }

  /** A login with the password, whatever the host key. */
  target(more: Partial<ConnectOptions> = {}): ConnectOptions {
    const { port, user: username, password } = this
    return { host: '127.0.0.1', port, username, password, hostKey: 'accept-any', ...more }
  }

  /** A login with a key. */
  withKey(key: string, more: Partial<ConnectOptions> = {}): ConnectOptions {
    return this.target({ password: undefined, privateKeys: [key], ...more })
  }

  /** Has ssh-keygen make a key that the server lets in; returns the private half. */
  async makeKey(name: string, ...args: string[]): Promise<string> {
    const file = join(this.folder, name)
    await exec('ssh-keygen', ['-q', '-f', file, '-C', name, ...(args.includes('-N') ? [] : ['-N', '']), ...args])
    await appendFile(join(this.folder, 'authorized_keys'), await readFile(`${file}.pub`))
    return readFile(file, 'utf8')
  }

  async hostFingerprint(type: 'ed25519' | 'rsa' | 'ecdsa'): Promise<string> {
    const { stdout } = await exec('ssh-keygen', ['-l', '-f', join(this.folder, `host_${type}.pub`)])
    return stdout.split(' ')[1] as string
  }
  async hostLine(type: 'ed25519' | 'rsa' | 'ecdsa'): Promise<string> {
    return (await readFile(join(this.folder, `host_${type}.pub`), 'utf8')).trim()
  }
  /** How many logins the server's log tells of. */
  async log(): Promise<string> {
    return readFile(join(this.folder, 'first.log'), 'utf8')
  }
}
