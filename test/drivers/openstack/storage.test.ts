import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { OpenStackSwiftStorageDriver } from '../../../drivers/openstack/storage.js'
import { CloudFilesStorageDriver, KTUCloudStorageDriver } from '../../../drivers/openstack/storage.vendors.gen.js'
import fixtureOptions from '../../../fixtures/openstack/options.json' with { type: 'json' }
import { CleanupError, InvalidCredentialsError, InvalidRequestError, ServiceError } from '../../../lib/errors.js'
import { type Handler, startReplay } from '../../conformance/replay.js'

const photos = { name: 'photos' }

async function swift(handler: Handler) {
  const server = await startReplay()
  server.play(handler)
  const driver = new OpenStackSwiftStorageDriver({ ...fixtureOptions, dispatcher: server.dispatcher, retry: false })
  return { server, driver }
}
const asked = ({ requests }: Awaited<ReturnType<typeof swift>>['server']): string[] =>
  requests.map(
    ({ method, target }) => `${method} ${target.replace(/^\/v1\/\w+/, '').replace(/[0-9a-z]{8}-[0-9a-f-]{27}/, '#')}`,
  )

describe('OPENSTACK_SWIFT', () => {
  it('names and settings that Swift cannot have are refused, before any request', async () => {
    const { server, driver } = await swift((_request, response) => void response.writeHead(500).end())
    const refused: readonly (() => PromiseLike<unknown>)[] = [
      () => driver.getContainer('a/b'),
      () => driver.createContainer('x'.repeat(257)),
      () => driver.createContainer('x', { ex_metaData: { a_b: 'lost on the way' } }),
      () => driver.createContainer('x', { ex_readAcl: 'a\r\nb' }),
      () => driver.uploadObjectViaStream('x', photos, 'x'.repeat(1025)),
      () => driver.uploadObjectViaStream('x', photos, 'a', { ex_segmentSize: 0 }),
      () => driver.uploadObjectViaStream('x', photos, 'a', { ex_concurrency: 1.5 }),
      () => driver.uploadObjectViaStream('x', photos, 'a', { ex_resumeKey: '../up' }),
      () => driver.uploadObjectViaStream('x', photos, 'a', { ex_deleteAfter: -1 }),
      () => driver.uploadObjectViaStream('x'.repeat(2000), photos, 'a', { ex_segmentSize: 1 }),
      () => driver.listContainerObjects(photos, { ex_pageSize: 10_001 }),
      () => driver.ex_updateObject({ name: '', container: photos }, {}),
      () => driver.ex_createDynamicLargeObject(photos, 'a', 'no-prefix'),
      () => driver.getObjectSignedUrl({ name: 'a', container: photos }, { contentType: 'text/plain' }),
    ]
    for (const call of refused) await expect(call()).rejects.toThrow(InvalidRequestError)
    expect(server.requests).toHaveLength(0)
    await server.close()
  })

  it('uploadObjectViaStream: removes the segments of an upload that fails, and the container that it made for them', async () => {
    const { server, driver } = await swift(({ method, target }, response) => {
      if (method === 'HEAD') response.writeHead(404).end()
      else if (method === 'DELETE') response.writeHead(204).end()
      else if (target.endsWith('00000001')) response.writeHead(500).end()
      else response.writeHead(201, { etag: '0123' }).end()
    })
    const options = { ex_segmentSize: 2, ex_concurrency: 1, verifyHash: false }
    await expect(driver.uploadObjectViaStream('abcdef', photos, 'o', options)).rejects.toThrow(ServiceError)
    expect(
      asked(server)
        .slice(2)
        .map(each => each.replace(/o\/[^/]+\//, 'o/#/')),
    ).toEqual([
      'PUT /photos_segments/o/#/2/00000000',
      'PUT /photos_segments/o/#/2/00000001',
      'DELETE /photos_segments/o/#/2/00000000',
      'DELETE /photos_segments/o/#/2/00000001',
      'DELETE /photos_segments',
    ])
    await server.close()
  })

  it('uploadObjectViaStream: tells which segments it could not remove', async () => {
    const { server, driver } = await swift(({ method, target }, response) => {
      if (method === 'HEAD') response.writeHead(404).end()
      else if (method === 'DELETE') response.writeHead(503).end()
      else if (target.endsWith('00000001')) response.writeHead(500).end()
      else response.writeHead(202, { etag: '0123' }).end()
    })
    const options = { ex_segmentSize: 2, ex_concurrency: 1, verifyHash: false }
    const error = await driver.uploadObjectViaStream('abcdef', photos, 'o', options).catch((each: unknown) => each)
    expect(error).toBeInstanceOf(CleanupError)
    expect((error as CleanupError).cause).toBeInstanceOf(ServiceError)
    expect((error as CleanupError).message).toMatch(/kept 2 segments, in 'photos_segments', beginning with 'o\//)
    await server.close()
  })

  it('uploadObjectViaStream: an object that was made although its answer was lost is one that was made', async () => {
    let manifest = ''
    const { server, driver } = await swift(({ method, target, body }, response) => {
      if (target.includes('multipart-manifest=put')) {
        manifest = body.toString()
        response.destroy()
      } else if (method === 'HEAD' && manifest !== '') {
        const etags = (JSON.parse(manifest) as { etag: string }[]).map(({ etag }) => etag).join('')
        const etag = createHash('md5').update(etags).digest('hex')
        response.writeHead(200, { etag: `"${etag}"`, 'x-static-large-object': 'True' }).end()
      } else if (method === 'HEAD') response.writeHead(404).end()
      else response.writeHead(201, { etag: createHash('md5').update(body).digest('hex') }).end()
    })
    const made = await driver.uploadObjectViaStream('abcdef', photos, 'o', { ex_segmentSize: 2 })
    expect(made).toMatchObject({ size: 6, extra: { largeObject: 'static' } })
    expect(asked(server).filter(each => each.startsWith('DELETE'))).toEqual([])
    await server.close()
  })

  it('deleteObject: leaves the segments that versions of an object need, and those of what a link leads to', async () => {
    const { server, driver } = await swift(({ method, target }, response) => {
      const version: Record<string, string> = target.includes('versioned') ? { 'x-object-version-id': '1.2' } : {}
      if (method === 'HEAD') response.writeHead(200, { 'x-static-large-object': 'True', ...version }).end()
      else response.writeHead(204).end()
    })
    await driver.deleteObject({ name: 'versioned', container: photos })
    expect(asked(server)).toEqual(['HEAD /photos/versioned?symlink=get', 'DELETE /photos/versioned'])
    await server.close()
  })

  it('ex_deleteObjects: asks for a thousand at a time', async () => {
    const { server, driver } = await swift((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(
        '{"Response Status":"200 OK","Number Deleted":5,"Number Not Found":1,"Errors":[["photos%2Fa%20b","403 Forbidden"]]}',
      )
    })
    const objects = Array.from({ length: 1001 }, (_, index) => ({ name: `o ${index}`, container: photos }))
    const result = await driver.ex_deleteObjects(objects)
    expect(result).toMatchObject({ deleted: 10, notFound: 2 })
    expect(result.errors[0]).toEqual({ container: 'photos', name: 'a b', status: '403 Forbidden' })
    expect(server.requests.map(({ body }) => body.toString().trim().split('\n').length)).toEqual([1000, 1])
    expect(server.requests[1]?.body.toString()).toBe('photos/o%201000\n')
    await server.close()
  })

  it("its own authentication: one token for all calls, a new one when it is refused, and the account's address", async () => {
    const server = await startReplay()
    let count = 0
    server.play(({ target, headers }, response) => {
      if (target === '/auth/v1.0') {
        const isGood = headers['x-auth-user'] === 'test:tester' && headers['x-auth-key'] === 'test-secret'
        count += 1
        const told = {
          'x-auth-token': `token-${count}`,
          'x-storage-url': 'http://swift.example.test:8080/v1/AUTH_test',
        }
        response.writeHead(isGood ? 200 : 401, isGood ? told : {}).end()
      } else if (headers['x-auth-token'] === 'token-1') response.writeHead(401).end()
      else response.writeHead(200, { 'content-type': 'application/json' }).end('[]')
    })
    const options = { key: 'test:tester', authUrl: 'http://auth.example.test/auth/v1.0', dispatcher: server.dispatcher }
    await using driver = new OpenStackSwiftStorageDriver({ ...options, secret: 'test-secret', retry: false })
    await Promise.all(Array.from({ length: 5 }, () => driver.listContainers()))
    expect(count).toBe(2)
    expect(server.requests.at(-1)).toMatchObject({ headers: { host: 'swift.example.test:8080' } })
    expect(server.requests.at(-1)?.target).toMatch(/^\/v1\/AUTH_test\?/)
    await using wrong = new OpenStackSwiftStorageDriver({ ...options, secret: 'wrong-secret', retry: false })
    await expect(wrong.listContainers()).rejects.toThrow(InvalidCredentialsError)
    await server.close()
  })
})

describe('CLOUDFILES', () => {
  it('a container is given to the network, and its objects have addresses there', async () => {
    const server = await startReplay()
    const told = {
      'x-cdn-enabled': 'True',
      'x-cdn-uri': 'http://plain.example',
      'x-cdn-ssl-uri': 'https://secure.example',
    }
    server.play((_request, response) => void response.writeHead(204, told).end())
    const options = { ...fixtureOptions, authType: 'token', dispatcher: server.dispatcher, retry: false } as const
    await using driver = new CloudFilesStorageDriver(options)
    expect([driver.provider, driver.region]).toEqual(['cloudfiles', 'DFW'])
    await driver.enableContainerCdn(photos)
    expect(await driver.getContainerCdnUrl(photos)).toBe('https://secure.example')
    expect(await driver.getObjectCdnUrl({ name: 'a b/ö', container: photos })).toBe(
      'https://secure.example/a%20b/%C3%B6',
    )
    expect(new Set(server.requests.map(({ headers }) => headers['host']))).toEqual(new Set(['object-cdn.example.test']))
    expect(server.requests[0]).toMatchObject({ method: 'PUT', headers: { 'x-cdn-enabled': 'True' } })
    await server.close()
  })
})

describe('KTUCLOUD', () => {
  it('asks its own authentication for a token', async () => {
    const server = await startReplay()
    server.play((_request, response) => void response.writeHead(401).end())
    await using driver = new KTUCloudStorageDriver({ key: 'me', secret: 'test-secret', dispatcher: server.dispatcher })
    await expect(driver.listContainers()).rejects.toThrow(InvalidCredentialsError)
    expect(server.requests[0]).toMatchObject({ target: '/auth/v1.0', headers: { host: 'ssproxy.ucloudbiz.olleh.com' } })
    await server.close()
  })
})
