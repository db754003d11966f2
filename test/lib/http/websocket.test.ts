import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { ConnectionError, InvalidCredentialsError, MalformedResponseError } from '../../../lib/errors.js'
import { openWebSocket, type WebSocketChannel, type WebSocketMessage } from '../../../lib/http/websocket.js'
import { RigDriver } from './rig.js'

interface Peer extends AsyncDisposable {
  readonly driver: RigDriver
  open(path?: string, options?: { signal?: AbortSignal; timeout?: number }): Promise<WebSocketChannel>
}

function peerOf(server: Server | ReturnType<typeof createTcpServer>, close: () => void): Peer {
  const { port } = server.address() as AddressInfo
  const driver = new RigDriver({
    key: 'secret-key',
    host: '127.0.0.1',
    port,
    secure: false,
    proxy: false,
    retry: false,
  })
  return {
    driver,
    open: (path = '/ws', options = {}) => openWebSocket(driver.connection, { path }, options),
    async [Symbol.asyncDispose]() {
      await driver.close()
      close()
    },
  }
}

/** The `ws` package's server, as the other side. */
async function peer(onSocket: (socket: WebSocket) => void, refuse = false): Promise<Peer> {
  const http = createServer((_request, response) => response.writeHead(426).end())
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  http.on('upgrade', (request, socket, head) => {
    if (refuse) return void socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 19\r\n\r\n{"message":"nobody"}')
    expect(request.headers.authorization).toBe('Bearer secret-key')
    server.handleUpgrade(request, socket, head, onSocket)
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  return peerOf(http, () => {
    for (const socket of server.clients) socket.terminate()
    http.closeAllConnections()
    http.close()
  })
}

async function all(channel: WebSocketChannel): Promise<WebSocketMessage[]> {
  const messages: WebSocketMessage[] = []
  for await (const message of channel.messages()) messages.push(message)
  return messages
}

describe('websocket', () => {
  it('texts and bytes of every length of head, there and back, in order', async () => {
    await using server = await peer(socket => socket.on('message', (data, binary) => socket.send(data, { binary })))
    const channel = await server.open()
    const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000]
    const sent = sizes.map(size => randomBytes(size))
    const messages = channel.messages()
    for (const each of sent) {
      await channel.send(each)
      const { value } = await messages.next()
      expect(value).toMatchObject({ isText: false })
      expect((value as WebSocketMessage).data.equals(each)).toBe(true)
    }
    await channel.send('née')
    expect((await messages.next()).value).toEqual({ isText: true, data: Buffer.from('née') })
    channel.close()
    expect((await messages.next()).done).toBe(true)
  })

  it('what comes in fragments, with pings between them, is one message; a ping is answered', async () => {
    let pongs = 0
    await using server = await peer(socket => {
      socket.on('pong', () => {
        pongs += 1
        socket.send('cd', { fin: true })
        socket.close(1000)
      })
      socket.send('ab', { fin: false })
      socket.ping('are you there')
    })
    expect(await all(await server.open())).toEqual([{ isText: true, data: Buffer.from('abcd') }])
    expect(pongs).toBe(1)
  })

  it('a closing by the server ends the messages; one without a word is an error', async () => {
    await using server = await peer(socket => {
      socket.send('last')
      socket.close(1001)
    })
    expect(await all(await server.open())).toHaveLength(1)
    await using rude = await peer(socket => socket.terminate())
    await expect(all(await rude.open())).rejects.toBeInstanceOf(ConnectionError)
  })

  it('a refusal is the error that its status tells', async () => {
    await using server = await peer(() => {}, true)
    const error = await server.open().catch(each => each)
    expect(error).toBeInstanceOf(InvalidCredentialsError)
    expect(error).toMatchObject({ status: 401, provider: 'rig' })
  })

  it('a server that agrees without the key is none', async () => {
    const tcp = createTcpServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () =>
        socket.write(
          'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n',
        ),
      )
    })
    await new Promise<void>(resolve => tcp.listen(0, '127.0.0.1', resolve))
    await using server = peerOf(tcp, () => tcp.close())
    await expect(server.open()).rejects.toBeInstanceOf(MalformedResponseError)
  })

  it('signal and timeout end the waiting for an answer', async () => {
    const tcp = createTcpServer(socket => void socket.on('error', () => {}))
    await new Promise<void>(resolve => tcp.listen(0, '127.0.0.1', resolve))
    await using server = peerOf(tcp, () => tcp.close())
    const reason = new Error('enough')
    const controller = new AbortController()
    const waiting = server.open('/ws', { signal: controller.signal })
    setTimeout(() => controller.abort(reason), 20)
    await expect(waiting).rejects.toBe(reason)
    await expect(server.open('/ws', { timeout: 30 })).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('a slow reader holds the server up: no more is taken than the sockets hold', async () => {
    let sent = 0
    const chunk = Buffer.alloc(64 * 1024)
    await using server = await peer(socket => {
      const more = (): void => {
        if (socket.readyState !== socket.OPEN) return
        if (socket.bufferedAmount > 1024 * 1024) return void setTimeout(more, 5)
        sent += chunk.length
        socket.send(chunk, () => {})
        setImmediate(more)
      }
      more()
    })
    const channel = await server.open()
    const messages = channel.messages()
    await messages.next()
    const held = async (): Promise<number> => {
      for (let before = -1; before !== sent; ) {
        before = sent
        await new Promise(resolve => setTimeout(resolve, 200))
      }
      return sent
    }
    expect(await held()).toBeLessThan(32 * 1024 * 1024)
    channel.destroy()
  })
})
