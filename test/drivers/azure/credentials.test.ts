import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AzureDNSDriver, type AzureOptions } from '../../../drivers/azure/dns.js'
import { AzureBlobsStorageDriver } from '../../../drivers/azure/storage.js'
import { enableDebug } from '../../../lib/http/trace.js'
import { CLIENT, type Issuer, PASSPHRASE, SECRET, startIssuer, TENANT } from './issuer.js'

let issuer: Issuer
let folder: string
let trace: string

beforeEach(async () => {
  issuer = await startIssuer()
  folder = mkdtempSync(join(tmpdir(), 'azure-'))
  trace = ''
  for (const name of Object.keys(process.env)) if (/^(AZURE_|IDENTITY_)/.test(name)) vi.stubEnv(name, undefined)
  // No `az`, and nobody at the address of the metadata service but the issuer.
  vi.stubEnv('PATH', folder)
  enableDebug({
    write: text => {
      trace += text
      return true
    },
  })
})
afterEach(async () => {
  enableDebug(undefined)
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
  await issuer[Symbol.asyncDispose]()
})

const quick = { retries: 2, minTimeout: 1, maxTimeout: 2 }
const subscriptionId = '00000000-0000-0000-0000-000000000001'
const make = (options: AzureOptions = {}): AzureDNSDriver =>
  new AzureDNSDriver({ subscriptionId, dispatcher: issuer.dispatcher, retry: quick, ...options })
const robot = { tenantId: TENANT, key: CLIENT }
const failure = async (call: PromiseLike<unknown>): Promise<Error & { code?: string; requestId?: string }> =>
  Promise.resolve(call).then(
    () => expect.unreachable('it resolved'),
    error => error,
  )
function expectPrivate(...texts: unknown[]): void {
  for (const text of [trace, ...texts.map(each => inspect(each, { depth: 9, showHidden: true }))]) {
    expect(text).not.toMatch(/not-in-logs/)
    expect(text).not.toContain(issuer.pem.split('\n').at(-4))
    for (const { body } of issuer.asked) {
      const assertion = new URLSearchParams(body).get('client_assertion')
      if (assertion) expect(text).not.toContain(assertion.split('.')[2])
    }
  }
}

describe('Azure: service principals', () => {
  it('sign in with their secret, once for many calls, and anew before the token ends', async () => {
    const driver = make({ ...robot, secret: SECRET })
    await Promise.all(Array.from({ length: 20 }, () => driver.listZones()))
    expect(issuer.given).toHaveLength(1)
    expect(issuer.hosts.slice(0, 2)).toEqual(['login.microsoftonline.com', 'management.azure.com'])
    issuer.good.clear() // withdrawn
    await Promise.all(Array.from({ length: 20 }, () => driver.listZones()))
    expect(issuer.given).toHaveLength(2)
    expectPrivate(driver)
  })
  it('sign in with a certificate, as a text or a file, and with an encrypted key', async () => {
    await make({ ...robot, certificate: issuer.pem }).listZones()
    const file = join(folder, 'robot.pem')
    writeFileSync(file, issuer.lockedPem)
    await make({ ...robot, certificate: file, certificatePassword: PASSPHRASE }).listZones()
    vi.stubEnv('AZURE_TENANT_ID', TENANT)
    vi.stubEnv('AZURE_CLIENT_ID', CLIENT)
    vi.stubEnv('AZURE_CLIENT_CERTIFICATE_PATH', file)
    vi.stubEnv('AZURE_CLIENT_CERTIFICATE_PASSWORD', PASSPHRASE)
    await make().listZones()
    expect(issuer.given).toHaveLength(3)
    expectPrivate()
  })
  it('make a statement of their own for each token', async () => {
    issuer.lifetime = 0
    const driver = make({ ...robot, certificate: issuer.pem })
    await driver.listZones()
    await driver.listZones()
    const assertions = issuer.asked.map(({ body }) => new URLSearchParams(body).get('client_assertion')).filter(Boolean)
    expect(assertions.length).toBeGreaterThan(1)
    expect(new Set(assertions).size).toBe(assertions.length)
  })
  it('are refused for another audience', async () => {
    issuer.audience = 'https://elsewhere.example/token'
    const error = await failure(make({ ...robot, certificate: issuer.pem }).listZones())
    expect(error).toMatchObject({ code: 'INVALID_CREDENTIALS', providerCode: 'invalid_client' })
    expectPrivate(error)
  })
  it('sign in with the token of another issuer, whose file is read each time', async () => {
    const file = join(folder, 'federated')
    writeFileSync(file, await issuer.federated())
    vi.stubEnv('AZURE_FEDERATED_TOKEN_FILE', file)
    const driver = make(robot)
    await driver.listZones()
    issuer.good.clear()
    writeFileSync(file, `${await issuer.federated({ n: 2 })}\n`)
    await driver.listZones()
    const assertions = issuer.asked.map(({ body }) => new URLSearchParams(body).get('client_assertion')).filter(Boolean)
    expect(new Set(assertions).size).toBe(2)
    writeFileSync(file, await issuer.federated({}, '1 minute ago'))
    issuer.good.clear()
    expect(await failure(driver.listZones())).toMatchObject({ code: 'INVALID_CREDENTIALS' })
    rmSync(file)
    expect(String(await failure(driver.listZones()))).toMatch(/federatedTokenFile.*cannot be read/)
    expectPrivate()
  })
  it('are told what is wrong, and nothing is asked of the resource manager', async () => {
    const wrong = await failure(make({ ...robot, secret: 'wrong-not-in-logs' }).listZones())
    expect(wrong).toMatchObject({ name: 'InvalidCredentialsError', requestId: 'trace-1', operation: 'listZones' })
    expect(wrong.message).toMatch(/AADSTS7000215/)
    const cases: [AzureOptions, RegExp][] = [
      [{ tenantId: TENANT, secret: SECRET }, /client id is not given/],
      [{ key: CLIENT, secret: SECRET }, /'tenantId' is not given/],
      [{ ...robot, certificate: join(folder, 'none.pem') }, /cannot be read \(ENOENT\)/],
      [{ ...robot, certificate: issuer.pem.slice(0, 900) }, /both in PEM/],
      [{ ...robot, certificate: issuer.lockedPem, certificatePassword: 'not-in-logs' }, /cannot be read/],
      [
        {
          ...robot,
          certificate: issuer.pem.replace(
            /-----BEGIN CERT[\s\S]+END CERTIFICATE-----/,
            issuer.lockedPem.slice(issuer.lockedPem.indexOf('-----BEGIN CERT')),
          ),
        },
        /not that of the certificate/,
      ],
    ]
    for (const [options, message] of cases) {
      const error = await failure(make(options).listZones())
      expect(error).toMatchObject({ code: 'INVALID_CREDENTIALS' })
      expect(error.message).toMatch(message)
      expectPrivate(error)
    }
    expect(issuer.count('/subscriptions/')).toBe(0)
    expectPrivate(wrong)
  })
  it('of other clouds sign in there', async () => {
    issuer.audience = `https://login.partner.microsoftonline.cn/${TENANT}/oauth2/v2.0/token`
    await make({ ...robot, certificate: issuer.pem, cloud: 'china' }).listZones()
    await make({ ...robot, certificate: issuer.pem, authority: 'login.partner.microsoftonline.cn' }).listZones()
    const once = ['login.partner.microsoftonline.cn', 'management.chinacloudapi.cn']
    expect(issuer.hosts).toEqual([...once, ...once])
    for (const bad of [
      { cloud: 'moon' },
      { tenantId: 'a/b' },
      { subscriptionId: '../x' },
      { resourceGroup: 'a.' },
      { authority: 'https://a/b' },
    ])
      expect(() => make(bad as AzureOptions), JSON.stringify(bad)).toThrow(
        expect.objectContaining({ code: 'INVALID_REQUEST', argument: Object.keys(bad)[0] }),
      )
  })
})

describe('Azure: identities of machines and people', () => {
  it('of a virtual machine', async () => {
    issuer.identity = true
    const driver = make()
    await Promise.all([driver.listZones(), driver.listZones()])
    expect(issuer.given).toHaveLength(1)
    expect(issuer.hosts[0]).toBe('169.254.169.254')
    await make({ key: CLIENT }).listZones()
    expect(issuer.asked.at(-2)?.url).toContain(`client_id=${CLIENT}`)
    expectPrivate(driver)
  })
  it('of an App Service', async () => {
    issuer.identity = true
    vi.stubEnv('IDENTITY_ENDPOINT', 'http://127.0.0.1:41741/msi/token/')
    vi.stubEnv('IDENTITY_HEADER', 'header-not-in-logs')
    await make().listZones()
    expect(issuer.asked[0]?.url).toMatch(/^\/msi\/token\/\?api-version=2019-08-01&resource=/)
    expectPrivate()
  })
  it.skipIf(process.platform === 'win32')(
    'of whoever has signed in with az, and the subscription that it has chosen',
    async () => {
      issuer.good.add('eyJ0.cli-not-in-logs')
      const end = Math.floor(Date.now() / 1000) + 3600
      const token = {
        accessToken: 'eyJ0.cli-not-in-logs',
        expires_on: end,
        subscription: 'chosen-1',
        tokenType: 'Bearer',
      }
      const script = `#!/bin/sh\necho "$@" > '${join(folder, 'args')}'\nprintf '%s' '${JSON.stringify(token)}'\n`
      writeFileSync(join(folder, 'az'), script)
      chmodSync(join(folder, 'az'), 0o755)
      await make({ subscriptionId: '', tenantId: TENANT }).listZones()
      expect(issuer.asked.at(-1)?.url).toContain('/subscriptions/chosen-1/providers/')
      expectPrivate()
    },
  )
  it('are looked for in vain', async () => {
    const error = await failure(make().listZones())
    expect(error).toMatchObject({ code: 'INVALID_CREDENTIALS' })
    expect(error.message).toMatch(/AZURE_CLIENT_SECRET.*machine has no identity.*'az'/)
  })
  it('give way to a token that is given, or a function that gets one', async () => {
    vi.stubEnv('AZURE_CLIENT_SECRET', SECRET)
    issuer.good.add('given-not-in-logs')
    await make({ token: 'given-not-in-logs' }).listZones()
    let count = 0
    const driver = make({ token: async () => (count++ === 0 ? 'old-not-in-logs' : 'given-not-in-logs') })
    await driver.listZones()
    expect(issuer.given).toEqual([])
    expect(await failure(make({ token: () => 'a b' }).listZones())).toMatchObject({ code: 'INVALID_CREDENTIALS' })
    expect(await failure(make({ token: 'bad-not-in-logs' }).listZones())).toMatchObject({
      code: 'INVALID_CREDENTIALS',
      status: 401,
    })
    expectPrivate(driver)
  })
})

describe('AZURE_BLOBS: signed in with Microsoft Entra', () => {
  it('asks for a token for storage, and sends it', async () => {
    issuer.answer = () => ({
      headers: { 'content-type': 'application/xml' },
      body: '<EnumerationResults><Containers/><NextMarker/></EnumerationResults>',
    })
    const driver = new AzureBlobsStorageDriver({
      key: 'account',
      tenantId: TENANT,
      clientId: CLIENT,
      clientSecret: SECRET,
      dispatcher: issuer.dispatcher,
    })
    expect(await driver.listContainers()).toEqual([])
    expect(issuer.hosts).toEqual(['login.microsoftonline.com', 'account.blob.core.windows.net'])
    expect(new URLSearchParams(issuer.asked[0]?.body).get('scope')).toBe('https://storage.azure.com/.default')
    expectPrivate(driver)
  })
  it('does not take an account key of the environment in place of what is given', async () => {
    vi.stubEnv('AZURE_STORAGE_KEY', Buffer.from('key-of-the-environment').toString('base64'))
    issuer.good.add('given-not-in-logs')
    issuer.answer = () => ({
      headers: { 'content-type': 'application/xml' },
      body: '<EnumerationResults><Containers/><NextMarker/></EnumerationResults>',
    })
    await new AzureBlobsStorageDriver({
      key: 'account',
      token: 'given-not-in-logs',
      dispatcher: issuer.dispatcher,
    }).listContainers()
    expect(issuer.asked[0]?.headers.authorization).toBe('Bearer given-not-in-logs')
  })
})
