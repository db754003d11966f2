// A driver made for tests of the connection: it sends whatever it is told to.
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { optionsOf } from '../../../lib/credentials.js'
import { BaseDriver, connect } from '../../../lib/driver.js'
import { Connection } from '../../../lib/http/connection.js'
import type { OutgoingRequest } from '../../../lib/http/message.js'
import type { DriverOptions } from '../../../lib/options.js'

const meta = {
  vendor: 'rig',
  name: 'Rig',
  credentials: [{ option: 'key', required: false }],
} as const

class RigConnection extends Connection {
  constructor(driver: BaseDriver) {
    super(driver, { baseUrl: 'http://127.0.0.1', meta })
  }
  override sign(request: OutgoingRequest): void {
    const { key } = optionsOf(this)
    if (key !== undefined) request.headers['authorization'] = `Bearer ${key}`
  }
}

/** A driver without methods. */
export class RigDriver extends BaseDriver {
  readonly provider = 'rig'
  declare readonly connection: Connection
  constructor(options: DriverOptions = {}) {
    super({ api: 'compute', rules: {} }, meta, options)
    connect(this, new RigConnection(this))
  }
}

/** A server on loopback that is closed with all its sockets. */
export interface Loopback extends AsyncDisposable {
  readonly server: Server
  readonly port: number
  readonly requests: {
    method: string
    url: string
    headers: IncomingMessage['headers']
    rawHeaders: string[]
    body: string
  }[]
}

/** Starts a server that remembers what it was asked. */
export async function loopback(listener: RequestListener): Promise<Loopback> {
  const requests: Loopback['requests'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      requests.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        rawHeaders: request.rawHeaders,
        body: Buffer.concat(chunks).toString('latin1'),
      })
      listener(request, response)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    server,
    requests,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** A driver for a server. */
export function rig(server: Loopback, options: DriverOptions = {}): RigDriver {
  return new RigDriver({
    port: server.port,
    retry: { retries: 2, minTimeout: 1, maxTimeout: 5 },
    proxy: false,
    ...options,
  })
}
