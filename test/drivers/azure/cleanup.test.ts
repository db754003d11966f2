// What a creation that failed has made is removed again, last first; and what was there before is left alone.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AzureNodeDriver } from '../../../drivers/azure/compute.js'
import { AzureLBDriver } from '../../../drivers/azure/loadbalancer.js'
import { NodeAuthPassword, NodeAuthSSHKey } from '../../../lib/compute/types.js'
import { CleanupError } from '../../../lib/errors.js'
import { type Answer, type Asked, type Issuer, startIssuer } from './issuer.js'

let issuer: Issuer
const S = '/subscriptions/00000000-0000-0000-0000-000000000001'
const options = (): object => ({
  token: 'given',
  subscriptionId: S.slice(15),
  resourceGroup: 'g',
  region: 'westeurope',
  dispatcher: issuer.dispatcher,
  retry: false,
})

beforeEach(async () => {
  issuer = await startIssuer()
  issuer.good.add('given')
})
afterEach(async () => {
  await issuer[Symbol.asyncDispose]()
})

const quota: Answer = {
  status: 409,
  body: {
    error: { code: 'OperationNotAllowed', message: 'No.', details: [{ code: 'QuotaExceeded', message: 'Cores.' }] },
  },
}
const named = ({ url }: Asked): string => url.split('?')[0]?.replace(`${S}/resourceGroups/g/providers/`, '') ?? ''
const sent = (method: string): string[] => issuer.asked.filter(each => each.method === method).map(named)
/** Everything that is made is there at once; `fails` says what is refused. */
const play = (fails: (request: Asked) => Answer | undefined): void => {
  issuer.answer = request =>
    fails(request) ??
    (request.method === 'DELETE'
      ? { status: 204 }
      : {
          status: 201,
          body: {
            id: request.url.split('?')[0],
            name: 'x',
            location: 'westeurope',
            properties: { provisioningState: 'Succeeded' },
          },
        })
}
const image = { id: 'Canonical:ubuntu-24_04-lts:server:latest' }
const node = {
  name: 'web',
  size: { id: 'Standard_B2s' },
  image,
  auth: new NodeAuthSSHKey('ssh-ed25519 AAAA me'),
  ex_inboundPorts: [22],
}

describe('AZURE_ARM: createNode', () => {
  const made = [
    'Microsoft.Network/virtualNetworks/web-net',
    'Microsoft.Network/networkSecurityGroups/web-nsg',
    'Microsoft.Network/publicIPAddresses/web-ip',
    'Microsoft.Network/networkInterfaces/web-nic',
  ]

  it('removes what it has made when the machine is refused', async () => {
    play(({ method, url }) => (method === 'PUT' && url.includes('virtualMachines') ? quota : undefined))
    const driver = new AzureNodeDriver(options())
    await expect(driver.createNode(node)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    expect(sent('PUT')).toEqual([...made, 'Microsoft.Compute/virtualMachines/web'])
    expect(sent('DELETE')).toEqual(made.toReversed())
  })
  it('removes nothing that was there before', async () => {
    const there: Answer = { status: 412, body: { error: { code: 'PreconditionFailed', message: 'It exists.' } } }
    play(({ method, url }) => (method === 'PUT' && url.includes('publicIPAddresses') ? there : undefined))
    await expect(new AzureNodeDriver(options()).createNode(node)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(sent('DELETE')).toEqual(made.slice(0, 2).toReversed())
  })
  it('removes what was accepted and then failed', async () => {
    play(({ method, url }) =>
      method === 'PUT' && url.includes('publicIPAddresses')
        ? {
            status: 201,
            headers: { 'azure-asyncoperation': `https://management.azure.com${S}/providers/x/operations/1` },
            body: { id: 'x' },
          }
        : url.includes('/operations/')
          ? { body: { status: 'Failed', error: { code: 'PublicIPCountLimitReached', message: 'Too many.' } } }
          : undefined,
    )
    await expect(new AzureNodeDriver(options()).createNode(node, { interval: 1 })).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
    })
    expect(sent('DELETE')).toEqual(made.slice(0, 3).toReversed())
  })
  it('says what could not be removed', async () => {
    play(({ method, url }) =>
      method === 'PUT' && url.includes('virtualMachines')
        ? quota
        : method === 'DELETE' && url.includes('publicIPAddresses')
          ? { status: 403 }
          : undefined,
    )
    const error = await new AzureNodeDriver(options()).createNode(node).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(CleanupError)
    expect(String(error)).toContain('publicIPAddresses/web-ip')
    expect(String(error)).not.toContain('web-nic')
    expect((error as Error).cause).toMatchObject({ code: 'QUOTA_EXCEEDED' })
  })
  it('goes with its network, its disk and its addresses', async () => {
    play(({ method, url, body }) => {
      if (method === 'GET' && url.includes('virtualMachines'))
        return {
          body: {
            id: `${S}/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web`,
            name: 'web',
            location: 'westeurope',
            tags: tags(),
            properties: {},
          },
        }
      return method === 'PUT' && url.includes('virtualMachines')
        ? {
            status: 201,
            body: {
              ...JSON.parse(body),
              id: `${S}/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web`,
              name: 'web',
            },
          }
        : undefined
    })
    const tags = (): object =>
      JSON.parse(
        issuer.asked.find(({ method, url }) => method === 'PUT' && url.includes('virtualMachines'))?.body ?? '{}',
      ).tags
    {
      await using created = await new AzureNodeDriver(options()).createNode({
        ...node,
        auth: new NodeAuthPassword('Password-not-in-logs-1'),
      })
      expect(created.size).toEqual({ id: 'Standard_B2s' })
    }
    expect(sent('DELETE')).toEqual([
      'Microsoft.Compute/virtualMachines/web',
      'Microsoft.Network/networkSecurityGroups/web-nsg',
      'Microsoft.Network/virtualNetworks/web-net',
    ])
    const [machine] = issuer.asked.filter(({ method, url }) => method === 'PUT' && url.includes('virtualMachines'))
    const { storageProfile, networkProfile, osProfile } = JSON.parse(machine?.body ?? '').properties
    expect([storageProfile.osDisk.deleteOption, networkProfile.networkInterfaces[0].properties.deleteOption]).toEqual([
      'Delete',
      'Delete',
    ])
    expect(osProfile.adminPassword).toBe('Password-not-in-logs-1')
  })
  it('names what is wrong before anything is made', async () => {
    const driver = new AzureNodeDriver(options())
    const cases: [object, string][] = [
      [{ name: 'a/b' }, 'node.name'],
      [{ name: '-a' }, 'node.name'],
      [{ image: { id: 'ubuntu' } }, 'node.image.id'],
      [{ image: { id: 'a:b:c:d:e' } }, 'node.image.id'],
      [{ auth: undefined }, 'node.auth'],
      [{ ex_subnet: { id: 'default' } }, 'node.ex_subnet.id'],
      [{ ex_networkInterfaces: [{ id: 'a/b' }] }, 'node.ex_networkInterfaces[0].id'],
      [{ ex_resourceGroup: '../x' }, 'node.ex_resourceGroup'],
      [{ location: { id: 'west europe' } }, 'node.location'],
    ]
    for (const [bad, argument] of cases)
      await expect(driver.createNode({ ...node, ...bad }), argument).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        argument,
      })
    expect(issuer.asked).toEqual([])
  })
})

describe('AZURE_LB: createBalancer', () => {
  it('removes its public address when the balancer is refused, and both when it fails later', async () => {
    const driver = new AzureLBDriver(options())
    play(({ method, url }) => (method === 'PUT' && url.includes('loadBalancers') ? quota : undefined))
    await expect(driver.createBalancer({ name: 'web', port: 80 })).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    expect(sent('DELETE')).toEqual(['Microsoft.Network/publicIPAddresses/web-ip'])
    issuer.asked.length = 0
    play(({ method, url }) => (method === 'GET' && url.includes('loadBalancers') ? { status: 403 } : undefined))
    await expect(driver.createBalancer({ name: 'web', port: 80 })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(sent('DELETE')).toEqual([
      'Microsoft.Network/loadBalancers/web',
      'Microsoft.Network/publicIPAddresses/web-ip',
    ])
  })
  it('needs the network of its members, and one port of them all', async () => {
    const driver = new AzureLBDriver(options())
    const members = [{ ip: '10.0.0.4', port: 80 }]
    await expect(driver.createBalancer({ name: 'web', port: 80, members })).rejects.toMatchObject({
      argument: 'balancer.ex_network',
    })
    await expect(
      driver.createBalancer({
        name: 'web',
        port: 80,
        members: [...members, { ip: '10.0.0.5', port: 81 }],
        ex_network: { id: 'n' },
      }),
    ).rejects.toMatchObject({ argument: 'balancer.members' })
    await expect(driver.createBalancer({ name: 'web', port: 80, protocol: 'http' })).rejects.toMatchObject({
      argument: 'balancer.protocol',
    })
    expect(issuer.asked).toEqual([])
  })
})

describe('AZURE_ARM: volumes and keys', () => {
  it('give a disk the lowest number that is free, and refuse one that is taken', async () => {
    const driver = new AzureNodeDriver(options())
    const disks = [0, 2].map(lun => ({ lun, createOption: 'Attach', managedDisk: { id: `${S}/disk-${lun}` } }))
    const vm = {
      id: `${S}/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web`,
      name: 'web',
      location: 'w',
      properties: { storageProfile: { dataDisks: disks } },
    }
    issuer.answer = () => ({ body: vm })
    await driver.attachVolume({ id: 'web' }, { id: 'data' })
    const written = JSON.parse(issuer.asked.at(-1)?.body ?? '').properties.storageProfile.dataDisks as { lun: number }[]
    expect(written.map(({ lun }) => lun)).toEqual([0, 2, 1])
    await expect(driver.attachVolume({ id: 'web' }, { id: 'data' }, { device: '2' })).rejects.toMatchObject({
      argument: 'options.device',
    })
    await expect(driver.attachVolume({ id: 'web' }, { id: 'data' }, { device: '/dev/sdb' })).rejects.toMatchObject({
      argument: 'options.device',
    })
  })
  it('leave no place without a key', async () => {
    play(({ url }) => (url.includes('generateKeyPair') ? { status: 503 } : undefined))
    await expect(new AzureNodeDriver(options()).createKeyPair({ name: 'me' })).rejects.toMatchObject({
      code: 'SERVICE',
    })
    expect(sent('DELETE')).toEqual(['Microsoft.Compute/sshPublicKeys/me'])
  })
})
