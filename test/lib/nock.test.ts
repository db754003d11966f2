// Users mock this library with nock: it has to see our requests, and we its answers.
import nock from 'nock'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DigitalOceanDNSDriver } from '../../drivers/digitalocean/dns.js'

beforeEach(() => nock.disableNetConnect())
afterEach(() => {
  nock.cleanAll()
  nock.enableNetConnect()
  nock.restore()
})

it('nock answers in place of the provider', async () => {
  const scope = nock('https://api.digitalocean.com', { reqheaders: { authorization: 'Bearer test-key' } })
    .get('/v2/domains')
    .query({ page: 1, per_page: 200 })
    .reply(200, { domains: [{ name: 'example.com', ttl: 1800, zone_file: '' }], links: {} })
    .post('/v2/domains', { name: 'example.org' })
    .reply(409, { id: 'conflict', message: 'exists' })
  await using driver = new DigitalOceanDNSDriver({ key: 'test-key', proxy: false })
  expect((await driver.listZones()).map(zone => zone.domain)).toEqual(['example.com'])
  await expect(driver.createZone({ domain: 'example.org' })).rejects.toMatchObject({
    name: 'ZoneAlreadyExistsError',
    status: 409,
  })
  expect(scope.isDone()).toBe(true)
})
