import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { PowerDNSDriver } from '../../../drivers/powerdns/dns.js'
import { ConnectionError, MalformedResponseError, NotFoundError } from '../../../lib/errors.js'
import { openWebSocket, type WebSocketChannel } from '../../../lib/http/websocket.js'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const drivers: PowerDNSDriver[] = []
const servers: Server[] = []
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close()
  for (const socket of sockets) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

/** A server's frame, which is not masked. */
function frame(opcode: number, data: Buffer, isFinal = true): Buffer {
  const { length } = data
  const first = (isFinal ? 0x80 : 0) | opcode
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), data])
  const head = Buffer.alloc(length < 65_536 ? 4 : 10)
  head[0] = first
  head[1] = length < 65_536 ? 126 : 127
  if (length < 65_536) head.writeUInt16BE(length, 2)
  else head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, data])
}

/** What a client has sent, unmasked. */
function* framesOf(bytes: Buffer): Generator<{ opcode: number; data: Buffer; masked: boolean }> {
  for (let at = 0; at + 2 <= bytes.length; ) {
    const second = bytes[at + 1] as number
    let size = second & 0x7f
    let head = at + 2
    if (size === 126) size = bytes.readUInt16BE(head)
    else if (size === 127) size = Number(bytes.readBigUInt64BE(head))
    head += (second & 0x7f) === 126 ? 2 : (second & 0x7f) === 127 ? 8 : 0
    const mask = bytes.subarray(head, head + 4)
    if (head + 4 + size > bytes.length) return
    const data = Buffer.from(bytes.subarray(head + 4, head + 4 + size))
    for (let index = 0; index < size; index++) data[index] = (data[index] as number) ^ (mask[index & 3] as number)
    yield { opcode: (bytes[at] as number) & 0x0f, data, masked: (second & 0x80) !== 0 }
    at = head + 4 + size
  }
}

/** A server that upgrades, and does something with the socket. */
async function connect(serve: (socket: Socket) => void, accept?: string): Promise<WebSocketChannel> {
  const server = createServer((_request, response) => void response.writeHead(404).end('{"error":"Not Found"}'))
  server.on('connection', socket => sockets.add(socket))
  server.on('upgrade', (request, socket) => {
    const key = request.headers['sec-websocket-key'] as string
    const answer =
      accept ??
      createHash('sha1')
        .update(key + GUID)
        .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`,
    )
    serve(socket as Socket)
  })
  return openWebSocket((await driverFor(server)).connection, { path: '/socket', query: { a: 'b c' } })
}
async function driverFor(server: Server): Promise<PowerDNSDriver> {
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const driver = new PowerDNSDriver({ key: 'k', host: '127.0.0.1', port, proxy: false })
  drivers.push(driver)
  return driver
}

async function all(channel: WebSocketChannel): Promise<{ isText: boolean; data: string }[]> {
  const found: { isText: boolean; data: string }[] = []
  for await (const { isText, data } of channel.messages()) found.push({ isText, data: data.toString('latin1') })
  return found
}

describe('a websocket', () => {
  it('brings text and bytes, whole, in parts, and in any pieces', async () => {
    const large = randomBytes(70_000)
    const middle = randomBytes(300)
    const stream = Buffer.concat([
      frame(1, Buffer.from('text')),
      frame(2, Buffer.alloc(0)),
      frame(2, middle),
      frame(2, large.subarray(0, 40_000), false),
      frame(9, Buffer.from('ping')),
      frame(0, large.subarray(40_000)),
      frame(8, Buffer.from([3, 232])),
    ])
    const channel = await connect(socket => {
      const cuts = [1, 3, 5, 11, 300, 5000, 40_000, stream.length]
      let from = 0
      const next = (): void => {
        const to = cuts.shift()
        if (to === undefined) return
        socket.write(stream.subarray(from, to), () => setImmediate(next))
        from = to
      }
      next()
    })
    expect(await all(channel)).toEqual([
      { isText: true, data: 'text' },
      { isText: false, data: '' },
      { isText: false, data: middle.toString('latin1') },
      { isText: false, data: large.toString('latin1') },
    ])
  })

  it('sends what is masked, of every length, and closes politely', async () => {
    const received: Buffer[] = []
    let over: Promise<unknown> | undefined
    const channel = await connect(socket => {
      socket.on('data', chunk => received.push(chunk)).on('error', () => {})
      over = once(socket, 'end').then(() => socket.end())
    })
    const sent = [0, 125, 126, 65_535, 65_536].map(length => randomBytes(length))
    for (const each of sent) await channel.send(each)
    await channel.send('text')
    channel.close()
    await over
    const found = [...framesOf(Buffer.concat(received))]
    expect(found.every(({ masked }) => masked)).toBe(true)
    expect(found.map(({ opcode }) => opcode)).toEqual([2, 2, 2, 2, 2, 1, 8])
    for (const [index, each] of sent.entries()) expect(found[index]?.data.equals(each)).toBe(true)
    await expect(channel.send('more')).rejects.toThrow(ConnectionError)
  })

  it('answers a ping when nothing else comes', async () => {
    const channel = await connect(socket => {
      socket.write(frame(9, Buffer.from('there?')))
      let received = Buffer.alloc(0)
      socket.on('data', chunk => {
        received = Buffer.concat([received, chunk])
        const [pong] = framesOf(received)
        if (pong)
          socket.write(Buffer.concat([frame(1, Buffer.from(`${pong.opcode} ${pong.data}`)), frame(8, Buffer.alloc(0))]))
      })
    })
    expect(await all(channel)).toEqual([{ isText: true, data: '10 there?' }])
  })

  it('that breaks is an error, and so is nonsense', async () => {
    await expect(
      all(await connect(socket => socket.end(frame(1, Buffer.from('half')).subarray(0, 4)))),
    ).rejects.toThrow(ConnectionError)
    const masked = Buffer.from([0x81, 0x80, 1, 2, 3, 4])
    await expect(all(await connect(socket => socket.write(masked)))).rejects.toThrow(MalformedResponseError)
    const huge = Buffer.from([0x82, 127, 0xff, 0, 0, 0, 0, 0, 0, 0])
    await expect(all(await connect(socket => socket.write(huge)))).rejects.toThrow(MalformedResponseError)
    await expect(connect(() => {}, 'wrong')).rejects.toThrow(MalformedResponseError)
  })

  it('that is refused is the error that the status tells, and ends with the signal', async () => {
    const refusing = await driverFor(
      createServer((_request, response) => void response.writeHead(404).end('{"error":"Not Found"}')),
    )
    await expect(openWebSocket(refusing.connection, { path: '/x' })).rejects.toThrow(NotFoundError)
    const silent = createNetServer(socket => void sockets.add(socket)) as unknown as Server
    const driver = await driverFor(silent)
    const controller = new AbortController()
    const reason = new Error('enough')
    silent.once('connection', () => controller.abort(reason))
    const opening = openWebSocket(driver.connection, { path: '/x' }, { signal: controller.signal })
    await expect(opening).rejects.toBe(reason)
    await expect(openWebSocket(driver.connection, { path: '/x' }, { timeout: 30 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    })
  })
})
