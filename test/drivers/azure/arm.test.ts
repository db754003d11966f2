import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ArmConnection } from '../../../drivers/azure/arm.connection.js'
import { AzureDNSDriver } from '../../../drivers/azure/dns.js'
import type { WaitProgress } from '../../../lib/poller.js'
import { type Answer, type Asked, type Issuer, startIssuer } from './issuer.js'

let issuer: Issuer
let driver: AzureDNSDriver
const S = '/subscriptions/00000000-0000-0000-0000-000000000001'
const ORIGIN = 'https://management.azure.com'
const OPERATION = `${ORIGIN}${S}/providers/Microsoft.Compute/locations/westeurope/operations/1?api-version=2024-07-01`
const RESULT = `${ORIGIN}${S}/providers/Microsoft.Compute/locations/westeurope/results/1?api-version=2024-07-01`
const path = `${S}/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web`

beforeEach(async () => {
  issuer = await startIssuer()
  issuer.good.add('given')
  driver = new AzureDNSDriver({
    token: 'given',
    subscriptionId: S.slice(15),
    resourceGroup: 'g',
    dispatcher: issuer.dispatcher,
    retry: false,
  })
})
afterEach(async () => {
  await driver.close()
  await issuer[Symbol.asyncDispose]()
})
/** Answers in this order. */
const play = (...answers: Answer[]): void => {
  issuer.answer = () => answers.shift() ?? { status: 501 }
}
const shown = (): string[] =>
  issuer.asked.map(({ method, url }: Asked) => `${method} ${url.split('?')[0]?.replace(S, '')}`)
const operate = (method: 'PUT' | 'POST' | 'DELETE' | 'PATCH', options: object = {}): Promise<unknown> =>
  driver.connection.operate(
    { method, path, version: '2024-07-01', ...(method === 'PUT' ? { json: {} } : {}) },
    raw => raw,
    { interval: 1, ...options },
  )
const VM = '/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web'

describe('Azure: long operations', () => {
  it('are told of by Azure-AsyncOperation, with progress; the resource is read at the end', async () => {
    play(
      {
        status: 201,
        headers: { 'azure-asyncoperation': OPERATION, 'retry-after': '0' },
        body: { properties: { provisioningState: 'Creating' } },
      },
      { body: { status: 'InProgress', percentComplete: 40 } },
      { body: { status: 'Succeeded' } },
      { body: { name: 'web' } },
    )
    const seen: WaitProgress[] = []
    expect(await operate('PUT', { onProgress: (each: WaitProgress) => seen.push(each) })).toEqual({ name: 'web' })
    expect(shown()).toEqual([
      `PUT ${VM}`,
      'GET /providers/Microsoft.Compute/locations/westeurope/operations/1',
      'GET /providers/Microsoft.Compute/locations/westeurope/operations/1',
      `GET ${VM}`,
    ])
    expect(seen.map(({ state, percent }) => [state, percent])).toEqual([
      ['Creating', undefined],
      ['InProgress', 40],
    ])
  })
  it('are told of by Location: 202 until they are done', async () => {
    play(
      { status: 202, headers: { location: RESULT } },
      { status: 202, headers: { location: `${RESULT}&t=2` } },
      { body: { value: 7 } },
    )
    expect(await operate('POST')).toEqual({ value: 7 })
    expect(issuer.asked.at(-1)?.url).toContain('t=2')
  })
  it('are told of by both: the result lies at Location, or in the output', async () => {
    play(
      { status: 202, headers: { location: RESULT, 'azure-asyncoperation': OPERATION } },
      { body: { status: 'Succeeded' } },
      { body: { value: 8 } },
    )
    expect(await operate('POST')).toEqual({ value: 8 })
    play(
      { status: 202, headers: { location: RESULT, 'azure-asyncoperation': OPERATION } },
      { body: { status: 'Succeeded', properties: { output: { value: 9 } } } },
    )
    expect(await operate('POST')).toEqual({ value: 9 })
  })
  it('are told of by the resource itself', async () => {
    const state = (provisioningState: string): Answer => ({ body: { properties: { provisioningState } } })
    play(state('Updating'), state('Updating'), state('Succeeded'))
    expect(await operate('PUT')).toEqual({ properties: { provisioningState: 'Succeeded' } })
    play(state('Updating'), state('Failed'))
    await expect(operate('PATCH')).rejects.toMatchObject({ code: 'WAIT', lastState: 'Failed' })
  })
  it('are done at once without any of these', async () => {
    play({ status: 204 })
    expect(await operate('DELETE')).toBeUndefined()
    play({ status: 200, body: { id: 1 } })
    expect(await operate('PUT')).toEqual({ id: 1 })
  })
  it('fail with the class that their code says, and all that they tell', async () => {
    const details = [
      { code: 'QuotaExceeded', message: 'Operation could not be completed as it exceeds the quota of cores.' },
    ]
    play(
      { status: 202, headers: { 'azure-asyncoperation': OPERATION } },
      { body: { status: 'Failed', error: { code: 'Conflict', message: 'The request failed.', details } } },
    )
    await expect(operate('DELETE')).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      providerCode: 'QuotaExceeded',
      message: expect.stringMatching(/The request failed.*quota of cores/),
    })
    play({ status: 202, headers: { 'azure-asyncoperation': OPERATION } }, { body: { status: 'Canceled' } })
    await expect(operate('DELETE')).rejects.toMatchObject({ code: 'WAIT', lastState: 'Canceled' })
  })
  it('obey Retry-After, and end with the call', async () => {
    play({ status: 202, headers: { location: RESULT, 'retry-after': '30' } })
    await expect(operate('DELETE', { timeout: 200 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(issuer.asked).toHaveLength(1)
  })
  it('are not followed to another host', async () => {
    play({ status: 202, headers: { 'azure-asyncoperation': 'https://evil.example/operations/1' } })
    await expect(operate('DELETE')).rejects.toThrow(/another host/)
    expect(issuer.asked).toHaveLength(1)
    expect(issuer.hosts).not.toContain('evil.example')
  })
})

describe('Azure: lists and errors', () => {
  it('does not follow the next page to another host, and resumes only its own lists', async () => {
    play({ body: { value: [], nextLink: 'https://evil.example/subscriptions/x' } })
    await expect(driver.listZones()).rejects.toMatchObject({ code: 'MALFORMED_RESPONSE' })
    for (const token of ['https://evil.example/subscriptions/x', '//evil.example/subscriptions/x', '/other', 'x'])
      await expect(driver.listZones().pages(token).next()).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    expect(issuer.hosts).toEqual(['management.azure.com'])
  })
  it('reads nested details, and the class of the innermost known code', async () => {
    const failed = async (status: number, body: object): Promise<unknown> => {
      play({ status, body, headers: { 'x-ms-request-id': 'request-1' } })
      return driver.getZone('example.com').then(
        () => expect.unreachable('it resolved'),
        (error: unknown) => error,
      )
    }
    const nested = {
      error: {
        code: 'Conflict',
        message: JSON.stringify({ error: { code: 'SubnetIsFull', message: 'Subnet a is full.', target: 'subnet' } }),
      },
    }
    expect(await failed(409, nested)).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      providerCode: 'SubnetIsFull',
      requestId: 'request-1',
    })
    const inner = {
      error: {
        code: 'BadRequest',
        message: 'Bad.',
        innererror: { exceptiontype: 'E', errordetail: 'the disk is too small' },
      },
    }
    expect(await failed(400, inner)).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('the disk is too small'),
    })
    const plain = { code: 'MissingSubscriptionRegistration', message: 'Register first.' }
    expect(await failed(409, plain)).toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(
      await failed(404, {
        error: { code: 'ResourceGroupNotFound', message: "Resource group 'g' could not be found." },
      }),
    ).toMatchObject({ name: 'ZoneDoesNotExistError' })
  })
  it('names a resource that is of another kind, or in no group, before anything is asked', async () => {
    for (const id of [
      `${S}/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web`,
      `${S}/resourceGroups/g`,
      'a/b',
      `${S}/resourceGroups/../providers/Microsoft.Network/dnsZones/x`,
    ])
      await expect(driver.getZone(id)).rejects.toMatchObject({ code: 'INVALID_REQUEST', argument: 'zoneId' })
    const other = new AzureDNSDriver({
      token: 'given',
      subscriptionId: 's',
      resourceGroup: '',
      dispatcher: issuer.dispatcher,
    })
    await expect(other.getZone('example.com')).rejects.toMatchObject({
      argument: 'zoneId',
      message: expect.stringContaining("option 'resourceGroup'"),
    })
    expect(issuer.asked).toEqual([])
    expect(other.connection).toBeInstanceOf(ArmConnection)
  })
})

describe('AZURE_DNS', () => {
  const set = (etag: string, ...ips: string[]): Answer => ({
    body: {
      name: 'www',
      type: 'Microsoft.Network/dnszones/A',
      etag,
      properties: { TTL: 60, ARecords: ips.map(ipv4Address => ({ ipv4Address })) },
    },
  })
  const late: Answer = {
    status: 412,
    body: { code: 'PreconditionFailed', message: 'The condition was not satisfied.' },
  }
  it('loses nothing of what another writes meanwhile', async () => {
    play(
      set('1', '192.0.2.1'),
      late,
      set('2', '192.0.2.1', '192.0.2.2'),
      set('3', '192.0.2.1', '192.0.2.2', '192.0.2.3'),
    )
    await driver.createRecord({ id: 'example.com' }, { name: 'www', type: 'A', data: '192.0.2.3' })
    const writes = issuer.asked.filter(({ method }) => method === 'PUT')
    expect(writes.map(({ headers }) => headers['if-match'])).toEqual(['1', '2'])
    expect(JSON.parse(writes[1]?.body ?? '').properties.ARecords).toHaveLength(3)
  })
  it('takes a record that was to be moved away from its new place when it cannot leave the old one', async () => {
    const none: Answer = { status: 404, body: { code: 'NotFound', message: 'The resource record does not exist.' } }
    const refused: Answer = { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No.' } } }
    const moved: Answer = { body: { ...(set('2', '192.0.2.1').body as object), name: 'web' } }
    play(set('1', '192.0.2.1'), none, moved, refused, moved, { status: 200 })
    const record = { id: 'www/A/192.0.2.1', zone: { id: 'example.com' } }
    await expect(driver.updateRecord(record, { name: 'web' })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(shown().at(-1)).toBe('DELETE /resourceGroups/g/providers/Microsoft.Network/dnsZones/example.com/A/web')
  })
  it('writes texts in pieces of at most 255 bytes, and reads them as one', async () => {
    const data = 'é漢😀"\\'.repeat(60)
    const none: Answer = { status: 404, body: { code: 'NotFound', message: 'The resource record does not exist.' } }
    const answers = [none]
    issuer.answer = ({ body }) =>
      answers.shift() ?? { body: { name: '@', type: 'Microsoft.Network/dnszones/TXT', ...JSON.parse(body) } }
    const record = await driver.createRecord({ id: 'example.com' }, { name: '', type: 'TXT', data })
    expect(record.data).toBe(data)
    const { value } = JSON.parse(issuer.asked[1]?.body ?? '').properties.TXTRecords[0] as { value: string[] }
    expect(value.every(piece => Buffer.byteLength(piece) <= 255 && piece.isWellFormed())).toBe(true)
    expect(value.join('')).toBe(data)
  })
})
