import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { channels } from '../../../lib/http/events.js'
import { readBytes, readNothing, readText } from '../../../lib/http/message.js'
import { loopback, RigDriver, rig } from './rig.js'

describe('request', () => {
  it('sends JSON, a form or bytes, and reads JSON, text, bytes or nothing', async () => {
    await using server = await loopback((_request, response) => response.end('{"a":1}'))
    await using driver = rig(server, {
      key: 'secret-key',
      userAgent: 'my-app/2',
    })
    const { connection } = driver
    expect(
      (
        await connection.request({
          method: 'POST',
          path: '/a',
          query: { b: [1, 2], c: undefined, d: true },
          json: { e: undefined, f: 'é' },
        })
      ).body,
    ).toEqual({ a: 1 })
    expect(
      (
        await connection.request({
          method: 'POST',
          path: '/a',
          form: { 'a b': "c'd", e: 1 },
          read: readText,
        })
      ).body,
    ).toBe('{"a":1}')
    expect(
      (
        await connection.request({
          method: 'PUT',
          path: '/a',
          body: Buffer.from([1, 2]),
          read: readBytes,
        })
      ).body,
    ).toEqual(Buffer.from('{"a":1}'))
    expect(
      (
        await connection.request({
          method: 'DELETE',
          path: '/a',
          read: readNothing,
        })
      ).body,
    ).toBeUndefined()
    expect(server.requests.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/a?b=1&b=2&d=true', '{"f":"Ã©"}'],
      ['POST', '/a', 'a%20b=c%27d&e=1'],
      ['PUT', '/a', '\u0001\u0002'],
      ['DELETE', '/a', ''],
    ])
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer secret-key',
      'content-type': 'application/json',
    })
    expect(server.requests[0]?.headers['user-agent']).toMatch(/^libcloud\/\d+\.\d+\.\d+ \(Rig\) my-app\/2$/)
  })

  it('keeps status, code, request id and a body without secrets in its errors', async () => {
    const body = JSON.stringify({
      error: { code: 'NoSuchThing', message: 'nothing for key secret-key' },
      password: 'hidden-one',
      filler: 'x'.repeat(9000),
    })
    await using server = await loopback((_request, response) =>
      response.writeHead(404, { 'x-request-id': 'r-9' }).end(body),
    )
    await using driver = rig(server, { key: 'secret-key' })
    const error = await driver.connection.request({ path: '/a' }).catch(caught => caught)
    expect(error).toMatchObject({
      name: 'NotFoundError',
      code: 'NOT_FOUND',
      status: 404,
      providerCode: 'NoSuchThing',
      requestId: 'r-9',
      provider: 'rig',
      retryable: false,
    })
    expect(error.message).toContain('nothing for key [redacted]')
    expect(error.body.length).toBeLessThan(2100)
    expect(JSON.stringify(error) + error.stack).not.toMatch(/secret-key|hidden-one/)
  })

  for (const [status, name] of [
    [400, 'InvalidRequestError'],
    [401, 'InvalidCredentialsError'],
    [403, 'PermissionDeniedError'],
    [409, 'ConflictError'],
    [410, 'NotFoundError'],
    [418, 'InvalidRequestError'],
    [429, 'RateLimitError'],
    [500, 'ServiceError'],
    [507, 'ServiceError'],
  ] as const) {
    it(`${status} is ${name}, also when the body is no JSON`, async () => {
      await using server = await loopback((_request, response) => response.writeHead(status).end('<html>no'))
      await using driver = rig(server, { retry: false })
      await expect(driver.connection.request({ path: '/' })).rejects.toMatchObject({ name, status })
    })
  }

  it('repeats what is idempotent after 503, obeys Retry-After, and gives up in the end', async () => {
    let failures = 2
    await using server = await loopback((_request, response) => {
      if (failures-- > 0) response.writeHead(503, failures === 1 ? { 'retry-after': '0' } : {}).end()
      else response.end('{}')
    })
    await using driver = rig(server)
    await driver.connection.request({
      method: 'PUT',
      path: '/a',
      json: { a: 1 },
    })
    expect(server.requests.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}', '{"a":1}'])
    failures = 9
    await expect(driver.connection.request({ path: '/a' })).rejects.toMatchObject({ status: 503, retryable: true })
    expect(server.requests).toHaveLength(6)
  })

  it('does not wait for a Retry-After that is too long', async () => {
    await using server = await loopback((_request, response) =>
      response.writeHead(429, { 'retry-after': '3600' }).end(),
    )
    await using driver = rig(server)
    await expect(driver.connection.request({ path: '/a' })).rejects.toMatchObject({
      code: 'RATE_LIMIT',
      retryAfter: 3_600_000,
    })
    expect(server.requests).toHaveLength(1)
  })

  it('never repeats a creation of which a byte has left, and says that it may have happened', async () => {
    await using server = await loopback(request => request.socket.destroy())
    await using driver = rig(server)
    const create = driver.connection.request({
      method: 'POST',
      path: '/servers',
      json: {},
    })
    await expect(create).rejects.toMatchObject({
      code: 'CONNECTION',
      mayHaveHappened: true,
    })
    expect(server.requests).toHaveLength(1)
    await expect(
      driver.connection.request({
        method: 'POST',
        path: '/servers',
        json: {},
        idempotent: true,
      }),
    ).rejects.toMatchObject({ code: 'CONNECTION' })
    expect(server.requests).toHaveLength(4)
  })

  it('repeats a creation that never left', async () => {
    const probe = createTcpServer()
    await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
    const { port } = probe.address() as { port: number }
    await new Promise(resolve => probe.close(resolve))
    await using driver = new RigDriver({
      port,
      proxy: false,
      retry: { retries: 1, minTimeout: 1 },
    })
    let retries = 0
    const count = (): void => void retries++
    channels.retry.subscribe(count)
    try {
      await expect(
        driver.connection.request({
          method: 'POST',
          path: '/servers',
          json: {},
        }),
      ).rejects.toMatchObject({
        code: 'CONNECTION',
        mayHaveHappened: false,
      })
    } finally {
      channels.retry.unsubscribe(count)
    }
    expect(retries).toBe(1)
  })

  it('takes a 404 for success when it repeats a deletion whose answer was lost', async () => {
    let count = 0
    await using server = await loopback((request, response) =>
      count++ === 0 ? request.socket.destroy() : response.writeHead(404).end(),
    )
    await using driver = rig(server)
    await driver.connection.request({
      method: 'DELETE',
      path: '/a',
      read: readNothing,
    })
    await expect(
      driver.connection.request({
        method: 'DELETE',
        path: '/a',
        read: readNothing,
      }),
    ).rejects.toMatchObject({
      status: 404,
    })
  })

  it('ends with the timeout of the call, and with that of an attempt', async () => {
    await using server = await loopback(() => {})
    await using driver = rig(server, { attemptTimeout: 30 })
    await expect(driver.connection.request({ path: '/a' }, { timeout: 45, retry: 50 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    })
    await expect(driver.connection.request({ method: 'POST', path: '/a' })).rejects.toMatchObject({
      code: 'TIMEOUT',
      mayHaveHappened: true,
    })
    expect(server.requests.length).toBeLessThan(5)
  })

  it("passes the caller's reason on, at every stage", async () => {
    await using server = await loopback((request, response) => {
      if (request.url === '/retry') response.writeHead(503, { 'retry-after': '50' }).end()
      if (request.url === '/body') response.writeHead(200, { 'content-length': 100 }).write('{')
    })
    for (const path of ['/silent', '/body', '/retry']) {
      await using driver = rig(server)
      const reason = new Error('enough')
      const controller = new AbortController()
      setTimeout(() => controller.abort(reason), 30)
      await expect(driver.connection.request({ path }, { signal: controller.signal })).rejects.toBe(reason)
      await expect(driver.connection.request({ path }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    }
    expect(server.requests).toHaveLength(3)
  })

  it('refuses replies that are too large, declared or not, compressed or not', async () => {
    await using server = await loopback((request, response) => {
      const body = Buffer.alloc(5000, 32)
      if (request.url === '/declared') response.end(body)
      else if (request.url === '/chunked') response.writeHead(200).write(body, () => response.end())
      else response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body))
    })
    await using driver = rig(server, { maxResponseBytes: 1000 })
    for (const path of ['/declared', '/chunked', '/bomb']) {
      await expect(driver.connection.request({ path })).rejects.toMatchObject({
        code: 'MALFORMED_RESPONSE',
        message: expect.stringContaining('maxResponseBytes'),
      })
    }
  })

  it('decompresses', async () => {
    const pack = {
      gzip: gzipSync,
      deflate: deflateSync,
      br: brotliCompressSync,
    }
    await using server = await loopback((request, response) => {
      const encoding = (request.url ?? '').slice(1) as keyof typeof pack
      response.writeHead(200, { 'content-encoding': encoding }).end(pack[encoding]?.('{"a":1}') ?? 'x')
    })
    await using driver = rig(server)
    for (const encoding of Object.keys(pack))
      expect((await driver.connection.request({ path: `/${encoding}` })).body).toEqual({ a: 1 })
    await expect(driver.connection.request({ path: '/other' })).rejects.toMatchObject({ code: 'MALFORMED_RESPONSE' })
  })

  it('says what is wrong with a reply that is no JSON', async () => {
    await using server = await loopback((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>login</html>'),
    )
    await using driver = rig(server)
    await expect(driver.connection.request({ path: '/a' })).rejects.toMatchObject({
      code: 'MALFORMED_RESPONSE',
      status: 200,
      body: '<html>login</html>',
      message: expect.stringContaining('text/html'),
    })
  })

  it('follows redirects of reads, and carries credentials to the same origin only', async () => {
    await using other = await loopback((_request, response) => response.end('{"other":true}'))
    await using server = await loopback((request, response) => {
      const to = {
        '/near': '/there',
        '/far': `http://127.0.0.1:${other.port}/x?y=1`,
        '/loop': '/loop',
        '/odd': 'file:///etc/passwd',
      }[request.url ?? '']
      if (to) response.writeHead(302, { location: to }).end()
      else response.end('{"here":true}')
    })
    await using driver = rig(server, { key: 'secret-key' })
    const custom = {
      headers: { 'x-auth-token': 'secret-too', range: 'bytes=0-1' },
    }
    expect((await driver.connection.request({ path: '/near', ...custom })).body).toEqual({ here: true })
    expect(server.requests.at(-1)?.headers['authorization']).toBe('Bearer secret-key')
    expect((await driver.connection.request({ path: '/far', ...custom })).body).toEqual({ other: true })
    expect(other.requests[0]?.url).toBe('/x?y=1')
    expect(other.requests[0]?.headers).toMatchObject({
      host: `127.0.0.1:${other.port}`,
      range: 'bytes=0-1',
    })
    expect(JSON.stringify(other.requests[0]?.headers)).not.toMatch(/secret/)
    for (const path of ['/loop', '/odd'])
      await expect(driver.connection.request({ path })).rejects.toMatchObject({
        code: 'MALFORMED_RESPONSE',
        status: 302,
      })
    await expect(driver.connection.request({ method: 'POST', path: '/near' })).rejects.toMatchObject({
      code: 'MALFORMED_RESPONSE',
    })
    expect(
      (
        await driver.connection.request({
          path: '/far',
          redirect: 'manual',
          read: readNothing,
        })
      ).headers['location'],
    ).toContain('/x?y=1')
  })

  it('refuses paths and headers that would leave their place, before anything is sent', async () => {
    await using server = await loopback((_request, response) => response.end())
    await using driver = rig(server)
    for (const path of ['no-slash', 'http://evil/', '/a b', '/a#b', '/a\r\nX: 1', '/a\\b']) {
      await expect(driver.connection.request({ path })).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        argument: 'path',
      })
    }
    for (const value of ['a\r\nX: 1', 'a\0', 'é漢']) {
      await expect(driver.connection.request({ path: '/', headers: { 'x-a': value } })).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        argument: 'x-a',
      })
    }
    expect(server.requests).toHaveLength(0)
  })

  it('keeps its connection after a HEAD', async () => {
    let sockets = 0
    await using server = await loopback((_request, response) => response.writeHead(200, { 'content-length': 5 }).end())
    server.server.on('connection', () => sockets++)
    await using driver = rig(server)
    for (let i = 0; i < 5; i++)
      await driver.connection.request({
        method: 'HEAD',
        path: '/a',
        read: readNothing,
      })
    expect(sockets).toBeLessThan(3)
  })

  it('paces requests', async () => {
    await using server = await loopback((_request, response) => response.end('{}'))
    await using driver = rig(server, {
      pacing: { requests: 1, period: 600_000, burst: 2 },
    })
    const controller = new AbortController()
    const calls = Array.from({ length: 3 }, () => driver.connection.request({ path: '/a' }, controller))
    await Promise.all(calls.slice(0, 2))
    controller.abort('enough')
    await expect(calls[2]).rejects.toBe('enough')
    expect(server.requests).toHaveLength(2)
    await using quick = rig(server, { pacing: { requests: 1000, period: 100, burst: 1 } })
    await Promise.all(Array.from({ length: 5 }, () => quick.connection.request({ path: '/a' })))
    expect(server.requests).toHaveLength(7)
  })

  it('speaks over a unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'libcloud-'))
    const socketPath = join(folder, 's')
    const server = createServer((_request, response) => response.end('{"unix":true}'))
    await new Promise<void>(resolve => server.listen(socketPath, resolve))
    try {
      await using driver = new RigDriver({ socketPath })
      expect((await driver.connection.request({ path: '/1.0' })).body).toEqual({
        unix: true,
      })
    } finally {
      server.closeAllConnections()
      server.close()
      rmSync(folder, { recursive: true })
    }
  })

  it('goes through a proxy, with its credentials', async () => {
    await using server = await loopback((_request, response) => response.end('{"direct":true}'))
    const seen: string[] = []
    const proxy = createServer()
    proxy.on('connect', (request, socket) => {
      seen.push(`${request.url} ${request.headers['proxy-authorization']}`)
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
    proxy.on('request', (request, response) => {
      seen.push(`${request.url} ${request.headers['proxy-authorization']}`)
      response.end('{"proxied":true}')
    })
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
    const { port } = proxy.address() as { port: number }
    try {
      await using driver = rig(server, {
        proxy: `http://me:p%40ss@127.0.0.1:${port}`,
        retry: false,
      })
      await driver.connection.request({ path: '/a' }).catch(error => expect(error.message).not.toContain('p@ss'))
      expect(seen[0]).toContain(`Basic ${Buffer.from('me:p@ss').toString('base64')}`)
      expect(() => rig(server, { proxy: 'nonsense' })).toThrow(expect.objectContaining({ argument: 'proxy' }))
      // A URL takes no notice of a host that it cannot read: the key would have gone to the provider's own.
      for (const host of ['999.1.1.1', '[zz]', '[1::2::3]'])
        expect(() => rig(server, { host }), host).toThrow(expect.objectContaining({ argument: 'host' }))
    } finally {
      proxy.closeAllConnections()
      proxy.close()
    }
  })
})

describe('stream', () => {
  it('hands a body over as it comes, and its failures as our errors', async () => {
    await using server = await loopback((request, response) => {
      if (request.url === '/whole') response.end(Buffer.alloc(300_000, 97))
      else {
        response.writeHead(200, { 'content-length': 100 }).write('half')
        setTimeout(() => response.destroy(), 20)
      }
    })
    await using driver = rig(server)
    let size = 0
    for await (const chunk of (await driver.connection.stream({ path: '/whole' })).body) size += chunk.length
    expect(size).toBe(300_000)
    const { body } = await driver.connection.stream({ path: '/cut' })
    await expect(body.toArray()).rejects.toMatchObject({
      code: 'CONNECTION',
      provider: 'rig',
    })
  })

  it("ends with the caller's signal, also after the head", async () => {
    await using server = await loopback((_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half')
    })
    await using driver = rig(server)
    const controller = new AbortController()
    const reason = new Error('enough')
    const { body } = await driver.connection.stream({ path: '/' }, { signal: controller.signal })
    setTimeout(() => controller.abort(reason), 10)
    await expect(body.toArray()).rejects.toBe(reason)
  })

  it('gives up on a stream that stands still, and not on one that goes on', async () => {
    await using server = await loopback((request, response) => {
      response.writeHead(200).write('a')
      if (request.url !== '/slow') return
      let left = 6
      const timer = setInterval(() => {
        if (left-- > 0) return response.write('b')
        clearInterval(timer)
        return response.end()
      }, 300)
    })
    await using driver = rig(server, { attemptTimeout: 1000 })
    expect((await (await driver.connection.stream({ path: '/slow' })).body.toArray()).join('')).toBe('abbbbbb')
    await expect((await driver.connection.stream({ path: '/still' })).body.toArray()).rejects.toMatchObject({
      code: 'TIMEOUT',
    })
  })

  it('uploads streams without repeating them, and functions that make streams with', async () => {
    let failures = 1
    await using server = await loopback((_request, response) =>
      failures-- > 0 ? response.writeHead(503).end() : response.end('{}'),
    )
    await using driver = rig(server)
    const once = {
      method: 'PUT',
      path: '/a',
      body: Readable.from(['a', 'b']),
    } as const
    await expect(driver.connection.request(once)).rejects.toMatchObject({
      status: 503,
    })
    expect(server.requests).toHaveLength(1)
    failures = 1
    await driver.connection.request({
      ...once,
      body: () => Readable.from(['a', 'b']),
      contentLength: 2,
    })
    expect(server.requests.slice(1).map(({ body, headers }) => [body, headers['content-length']])).toEqual([
      ['ab', '2'],
      ['ab', '2'],
    ])
  })
})

it('gives what the source of an upload fails with as it is, and ends an upload at the deadline', async () => {
  await using server = await loopback((_request, response) => response.end('{}'))
  await using driver = rig(server)
  const put = { method: 'PUT', path: '/a' } as const
  const missing = createReadStream('/nowhere/at/all')
  await expect(driver.connection.request({ ...put, body: missing })).rejects.toMatchObject({ code: 'ENOENT' })
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) {
      await new Promise(resolve => setTimeout(resolve, 5))
      yield Buffer.alloc(10)
    }
  }
  await expect(driver.connection.request({ ...put, body: endless() }, { timeout: 60 })).rejects.toMatchObject({
    code: 'TIMEOUT',
    mayHaveHappened: true,
  })
})

it('publishes what happens, without a secret', async () => {
  const seen: [string, unknown][] = []
  const listeners = Object.entries(channels).map(([name, channel]) => {
    const listener = (message: unknown): void => void seen.push([name, message])
    channel.subscribe(listener)
    return () => channel.unsubscribe(listener)
  })
  let failures = 1
  await using server = await loopback((_request, response) =>
    failures-- > 0 ? response.writeHead(503).end() : response.end('{}'),
  )
  await using driver = rig(server, { key: 'secret-key' })
  await driver.connection.request({ path: '/a' })
  for (const stop of listeners) stop()
  expect(seen.map(([name]) => name)).toEqual(['start', 'retry', 'end'])
  expect(seen[2]?.[1]).toMatchObject({
    provider: 'rig',
    method: 'GET',
    attempt: 2,
    status: 200,
    duration: expect.any(Number),
  })
  expect(JSON.stringify(seen)).not.toContain('secret-key')
})
