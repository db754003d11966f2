// A package archive on the bridge of the containers, which have no other network: real packages, over HTTP.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

export class Archive {
  readonly url: string
  readonly #server: Server
  private constructor(server: Server, url: string) {
    this.#server = server
    this.url = url
  }

  /** Fetches packages with the machine's own apt, and serves them. */
  static async start(address: string, ...packages: readonly string[]): Promise<Archive> {
    const folder = await mkdtemp(join(tmpdir(), 'libcloud-archive-'))
    const files = new Map<string, Buffer>()
    try {
      await exec('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', ...packages], {
        cwd: folder,
        timeout: 300_000,
      })
      for (const name of await readdir(folder)) files.set(name, await readFile(join(folder, name)))
      const entries = [...files].map(async ([name, bytes]) => {
        const { stdout } = await exec('dpkg-deb', ['-f', join(folder, name)])
        const sum = createHash('sha256').update(bytes).digest('hex')
        return `${stdout.trim()}\nFilename: ./${encodeURIComponent(name)}\nSize: ${bytes.length}\nSHA256: ${sum}\n`
      })
      files.set('Packages', Buffer.from((await Promise.all(entries)).join('\n')))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    const server = createServer((request, reply) => {
      const path = decodeURIComponent(decodeURIComponent(request.url ?? '')).replace(/^(?:\/|\.\/)+/, '')
      const file = files.get(path)
      if (file) reply.end(file)
      else reply.writeHead(404).end()
    })
    await new Promise<void>(resolve => server.listen(0, address, resolve))
    return new Archive(server, `http://${address}:${(server.address() as AddressInfo).port}/`)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}
