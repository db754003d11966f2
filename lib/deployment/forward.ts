import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ConnectionError } from '../errors.js'
import { requireOpen, type Session } from './session.js'
import type { Forwarding, ListenOptions } from './types.js'

/** A connection from the server to somewhere. */
export function forwardOut(session: Session, host: string, port: number): Promise<Duplex> {
  requireOpen(session)
  return new Promise<Duplex>((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(
        session.ended ??
          new ConnectionError(`${session.label} does not reach ${host}:${port}: ${cause.message}`, { cause }),
      )
    try {
      session.ssh.forwardOut('127.0.0.1', 0, host, port, (error, stream) => (error ? fail(error) : resolve(stream)))
    } catch (error) {
      fail(error as Error)
    }
  })
}

/** Listens here; what connects is led to a host and port as the server sees them. */
export async function forwardLocal(
  session: Session,
  host: string,
  port: number,
  { host: own = '127.0.0.1', port: ownPort = 0 }: ListenOptions,
): Promise<Forwarding> {
  requireOpen(session)
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, socket => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    forwardOut(session, host, port).then(
      stream => {
        stream.on('error', () => {}).on('close', () => socket.destroySoon())
        socket.on('close', () => stream.destroy())
        socket.pipe(stream).pipe(socket)
      },
      () => socket.destroy(),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause =>
      reject(new ConnectionError(`Cannot listen on ${own}:${ownPort}: ${cause.message}`, { cause })),
    )
    server.listen(ownPort, own, resolve)
  })
  const close = async (): Promise<void> => {
    if (!server.listening) return
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  // A forwarded port does not outlive its connection.
  session.ssh.once('close', () => void close())
  return { host: own, port: (server.address() as AddressInfo).port, close, [Symbol.asyncDispose]: close }
}

type Offer = { readonly destPort: number; readonly destIP: string }

/** Has the server listen; what connects there is led to a host and port as this machine sees them. */
export async function forwardRemote(
  session: Session,
  host: string,
  port: number,
  { host: there = '127.0.0.1', port: wanted = 0 }: ListenOptions,
): Promise<Forwarding> {
  requireOpen(session)
  const { ssh } = session
  const bound = await new Promise<number>((resolve, reject) => {
    const fail = (cause: Error): void => {
      const message = `${session.label} does not listen on ${there}:${wanted}: ${cause.message}`
      reject(session.ended ?? new ConnectionError(message, { cause }))
    }
    try {
      ssh.forwardIn(there, wanted, (error, given) => (error ? fail(error) : resolve(wanted === 0 ? given : wanted)))
    } catch (error) {
      fail(error as Error)
    }
  })
  const streams = new Set<Duplex>()
  const take = (offer: Offer, accept: () => Duplex): void => {
    if (offer.destPort !== bound || offer.destIP !== there) return
    const stream = accept()
    const socket = dial({ host, port, allowHalfOpen: true })
    streams.add(stream)
    stream
      .on('error', () => {})
      .on('close', () => {
        streams.delete(stream)
        socket.destroySoon()
      })
    socket.on('error', () => {}).on('close', () => stream.destroy())
    socket.pipe(stream).pipe(socket)
  }
  ssh.on('tcp connection', take as never)
  let open = true
  const close = async (): Promise<void> => {
    if (!open) return
    open = false
    ssh.removeListener('tcp connection', take as never)
    for (const stream of streams) stream.destroy()
    // Where the connection is gone, so is the port.
    if (session.ended) return
    await new Promise<void>(resolve => {
      ssh.once('close', resolve)
      try {
        ssh.unforwardIn(there, bound, () => resolve())
      } catch {
        resolve()
      }
    })
  }
  return { host: there, port: bound, close, [Symbol.asyncDispose]: close }
}
