// What Azure hands out and nobody else may see stands in no trace.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { AzureNodeDriver } from '../../../drivers/azure/compute.js'
import { NodeAuthPassword } from '../../../lib/compute/types.js'
import { enableDebug } from '../../../lib/http/trace.js'
import { type Issuer, startIssuer } from './issuer.js'

let issuer: Issuer
let driver: AzureNodeDriver
let trace = ''
beforeEach(async () => {
  issuer = await startIssuer()
  issuer.good.add('given-not-in-logs')
  const at = { subscriptionId: 's', resourceGroup: 'g', region: 'westeurope' }
  driver = new AzureNodeDriver({ token: 'given-not-in-logs', ...at, dispatcher: issuer.dispatcher, retry: false })
  trace = ''
  enableDebug({
    write: text => {
      trace += text
      return true
    },
  })
})
afterEach(async () => {
  enableDebug(undefined)
  await issuer[Symbol.asyncDispose]()
})

it('AZURE_ARM: keys of storage accounts', async () => {
  issuer.answer = () => ({
    body: { keys: [{ keyName: 'key1', value: 'account-key-not-in-logs', permissions: 'FULL' }] },
  })
  const [key] = await driver.ex_getStorageAccountKeys({ id: 'account' })
  expect(key?.value).toBe('account-key-not-in-logs')
  expect(trace).toContain('listKeys')
  expect(trace).not.toContain('not-in-logs')
})
it('AZURE_ARM: private keys', async () => {
  const id = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/sshPublicKeys/me'
  issuer.answer = ({ url }) =>
    url.includes('generateKeyPair')
      ? { body: { id, publicKey: 'ssh-ed25519 AAAA', privateKey: 'private-key-not-in-logs' } }
      : { status: 201, body: { id, name: 'me', location: 'westeurope' } }
  const pair = await driver.createKeyPair({ name: 'me' })
  expect(pair.privateKey).toBe('private-key-not-in-logs')
  expect(trace).toContain('generateKeyPair')
  expect(trace).not.toContain('not-in-logs')
})
it('AZURE_ARM: passwords and what a node is told', async () => {
  issuer.answer = ({ url }) => ({
    status: 201,
    body: { id: url.split('?')[0] ?? '', name: 'web', location: 'w', properties: { provisioningState: 'Succeeded' } },
  })
  await driver.createNode({
    name: 'web',
    size: { id: 'Standard_B2s' },
    image: { id: 'a:b:c:d' },
    auth: new NodeAuthPassword('Password-not-in-logs'),
    ex_userData: 'not-in-logs',
    ex_customData: '#cloud-config not-in-logs',
  })
  expect(trace).toContain('virtualMachines/web')
  expect(trace).not.toContain('not-in-logs')
  for (const text of ['not-in-logs', '#cloud-config not-in-logs'])
    expect(trace).not.toContain(Buffer.from(text).toString('base64'))
})
it('AZURE_ARM: addresses that need no credentials', async () => {
  const serialConsoleLogBlobUri = 'https://md-1.blob.storage.azure.net/web.log?sv=2018&sig=signature-not-in-logs'
  issuer.answer = () => ({ body: { serialConsoleLogBlobUri } })
  expect(await driver.ex_getBootDiagnostics({ id: 'web' })).toMatchObject({ serialLog: serialConsoleLogBlobUri })
  expect(trace).toContain('retrieveBootDiagnosticsData')
  expect(trace).not.toContain('not-in-logs')
})
it('AZURE_ARM: what an extension is told in confidence', async () => {
  issuer.answer = ({ url }) => ({ body: { id: url, name: 'up', properties: { provisioningState: 'Succeeded' } } })
  const protectedSettings = { commandToExecute: 'curl -H not-in-logs', more: ['also-not-in-logs'] }
  const extension = { name: 'up', publisher: 'p', type: 't', version: '1.0', settings: { shown: 'shown-in-logs' } }
  await driver.ex_createExtension({ id: 'web' }, { ...extension, protectedSettings })
  expect(issuer.asked.at(-1)?.body).toContain('also-not-in-logs')
  expect(trace).toContain('shown-in-logs')
  expect(trace).not.toContain('not-in-logs')
})
