import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { InvalidCredentialsError, type LibcloudError } from '../../../lib/errors.js'
import { Connection } from '../../../lib/http/connection.js'
import { type OutgoingRequest, type Refusal, readText } from '../../../lib/http/message.js'
import { type Loopback, loopback, RigDriver } from './rig.js'

/** Signs with a token that a refusal renews. */
class Renewing extends Connection {
  token = 'old'
  readonly refused: Refusal[] = []
  renews = true
  override sign(request: OutgoingRequest): void {
    request.headers['authorization'] = this.token
  }
  override async mend(error: LibcloudError, refusal: Refusal): Promise<boolean> {
    this.refused.push(refusal)
    if (!(error instanceof InvalidCredentialsError) || !this.renews) return false
    this.token = 'new'
    return true
  }
}
const renewing = (server: Loopback, driver: RigDriver): Renewing =>
  new Renewing(driver, { baseUrl: `http://127.0.0.1:${server.port}`, meta: { name: 'Rig', credentials: [] } })

describe('mend', () => {
  const onlyNew = (): Promise<Loopback> =>
    loopback((request, response) => {
      response.statusCode = request.headers.authorization === 'new' ? 200 : 401
      response.end(`${request.method} ${request.headers.authorization}`)
    })

  it('a refused request is signed and sent again, once, whatever its method; no retry is spent', async () => {
    await using server = await onlyNew()
    await using driver = new RigDriver({ key: 'k', host: '127.0.0.1', port: server.port, secure: false, retry: false })
    const connection = renewing(server, driver)
    const reply = await connection.request({ method: 'POST', path: '/a', body: 'x', read: readText })
    expect(reply.body).toBe('POST new')
    expect(server.requests.map(({ headers, body }) => [headers.authorization, body])).toEqual([
      ['old', 'x'],
      ['new', 'x'],
    ])
    expect(connection.refused).toMatchObject([
      { status: 401, text: 'POST old', request: { method: 'POST', headers: { authorization: 'old' } } },
    ])
    await connection.close()
  })

  it('what is refused again, cannot be mended, or cannot be sent again, is the error that it was', async () => {
    await using server = await loopback((_request, response) => {
      response.statusCode = 401
      response.end()
    })
    await using driver = new RigDriver({ key: 'k', host: '127.0.0.1', port: server.port, secure: false })
    const connection = renewing(server, driver)
    await expect(connection.request({ path: '/a' })).rejects.toMatchObject({ status: 401 })
    expect(server.requests).toHaveLength(2)
    connection.renews = false
    await expect(connection.request({ path: '/a' })).rejects.toBeInstanceOf(InvalidCredentialsError)
    expect(server.requests).toHaveLength(3)
    connection.renews = true
    const body = Readable.from(['once'])
    await expect(connection.request({ method: 'PUT', path: '/a', body })).rejects.toMatchObject({ status: 401 })
    await expect(connection.request({ path: '/a', unsigned: true })).rejects.toMatchObject({ status: 401 })
    expect(server.requests).toHaveLength(5)
    await connection.close()
  })

  it('streams too; and a redirect that is an error can be mended', async () => {
    await using server = await loopback((request, response) => {
      response.statusCode = request.headers.authorization === 'new' ? 200 : 401
      if (request.url === '/moved') response.writeHead(301, { location: 'http://elsewhere.example/' })
      response.end('text')
    })
    await using driver = new RigDriver({ key: 'k', host: '127.0.0.1', port: server.port, secure: false })
    const connection = renewing(server, driver)
    const { body } = await connection.stream({ path: '/a' })
    expect(await body.toArray()).toEqual([Buffer.from('text')])
    await expect(connection.request({ path: '/moved', redirect: 'error' })).rejects.toMatchObject({ status: 301 })
    expect(connection.refused.at(-1)).toMatchObject({ status: 301, text: 'text' })
    await connection.close()
  })
})
