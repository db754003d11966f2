import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { LXDNodeDriver } from '../../../drivers/lxd/compute.js'
import { ConnectionError } from '../../../lib/errors.js'

const event = (action: string): string =>
  JSON.stringify({
    type: 'lifecycle',
    timestamp: '2026-01-31T12:00:00Z',
    metadata: { action },
    location: 'none',
    project: 'default',
  })

let http: Server
let driver: LXDNodeDriver
/** What the daemon does with each connection, in their order; the last stays. */
let scenes: ((socket: WebSocket) => void)[] = []
const asked: string[] = []
const sockets = new WebSocketServer({ noServer: true })

beforeAll(async () => {
  http = createServer((_request, response) => response.writeHead(404).end('{}'))
  http.on('upgrade', (request, socket, head) => {
    asked.push(request.url ?? '')
    sockets.handleUpgrade(request, socket, head, opened => (scenes.length > 1 ? scenes.shift() : scenes[0])?.(opened))
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  driver = new LXDNodeDriver({ host: '127.0.0.1', port, secure: false, proxy: false, retry: false })
})
afterAll(async () => {
  await driver.close()
  for (const socket of sockets.clients) socket.terminate()
  http.closeAllConnections()
  http.close()
})

describe('LXD: events', () => {
  it('go on when the daemon comes back, whether it said goodbye or not', async () => {
    scenes = [
      socket => socket.send(event('one'), () => socket.terminate()),
      socket => {
        socket.send(event('two'))
        socket.close(1001)
      },
      socket => socket.send(event('three')),
    ]
    const seen: unknown[] = []
    let connected = 0
    for await (const { metadata } of driver.ex_events({ ex_types: ['lifecycle'], ex_onConnect: () => connected++ })) {
      seen.push(metadata['action'])
      if (seen.length === 3) break
    }
    expect(seen).toEqual(['one', 'two', 'three'])
    expect(connected).toBe(3)
    expect(new Set(asked.map(url => new URL(url, 'http://lxd').searchParams.get('type')))).toEqual(
      new Set(['lifecycle']),
    )
  })

  it('end with the daemon where they are not to go on', async () => {
    scenes = [socket => socket.terminate()]
    const all = async (): Promise<void> => {
      for await (const _event of driver.ex_events({ ex_reconnect: false }));
    }
    await expect(all()).rejects.toBeInstanceOf(ConnectionError)
  })
})
