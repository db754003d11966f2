import { describe, expect, it } from 'vitest'
import { DigitalOceanLBDriver } from '../../../drivers/digitalocean/loadbalancer.js'
import { LoadBalancerImmutableError } from '../../../lib/errors.js'
import { enableDebug } from '../../../lib/http/trace.js'
import { failure, provider, reply, type Script } from './provider.js'

const balancer = { id: '4de7ac8b-495b-4884-9a69-1050c6793cd6' }

async function play(script: Script, region?: string) {
  const server = await provider(script)
  const { dispatcher } = server
  return { server, driver: new DigitalOceanLBDriver({ key: 'test-key', dispatcher, region, retry: false }) }
}

describe('DIGITAL_OCEAN', () => {
  it('createBalancer: refuses what DigitalOcean cannot do, before any request', async () => {
    const { server, driver } = await play([])
    const members = [
      { id: '1', ip: '192.0.2.1', port: 80 },
      { id: '2', ip: '192.0.2.2', port: 8080 },
    ]
    const refused = [
      [{ name: 'lb', port: 80 }, 'balancer.ex_region'],
      [{ name: 'lb', port: 80, ex_region: 'nyc3', members }, 'balancer.members'],
      [{ name: 'lb', port: 80, ex_region: 'nyc3', algorithm: 'least_connections' }, 'balancer.algorithm'],
      [{ name: 'lb', port: 80, ex_region: 'nyc3', protocol: 'gopher' }, 'balancer.protocol'],
    ] as const
    for (const [options, argument] of refused) {
      await expect(driver.createBalancer(options)).rejects.toMatchObject({ code: 'INVALID_REQUEST', argument })
    }
    expect(server.requests).toHaveLength(0)
  })

  it('createBalancer: asks for droplets only where a member has no id', async () => {
    const { server, driver } = await play([['POST /v2/load_balancers', reply('loadbalancer/createBalancer')]], 'nyc3')
    await driver.createBalancer({ name: 'lb', port: 80, members: [{ id: '7', ip: '192.0.2.1', port: 8080 }] })
    expect(server.bodies[0]).toMatchObject({
      droplet_ids: [7],
      region: 'nyc3',
      forwarding_rules: [{ target_port: 8080 }],
    })
  })

  it('a balancer that is being changed cannot be changed', async () => {
    const busy = failure(403, "Load Balancer can't be updated while it processes previous actions")
    const { driver } = await play([[`POST /v2/load_balancers/${balancer.id}/droplets`, busy]])
    const error = await driver.balancerAttachMember(balancer, { id: '7', ip: '192.0.2.1', port: 80 }).catch(e => e)
    expect(error).toBeInstanceOf(LoadBalancerImmutableError)
    expect(error).toMatchObject({ status: 403, providerCode: 'forbidden' })
  })

  it('updateBalancer: keeps members of the reply that the driver does not know', async () => {
    const read = reply('loadbalancer/getBalancer', 'load_balancer', { tomorrows_setting: { on: true } })
    const { server, driver } = await play([
      [`GET /v2/load_balancers/${balancer.id}`, read],
      [`PUT /v2/load_balancers/${balancer.id}`, read],
    ])
    await driver.updateBalancer(balancer, { name: 'other' })
    expect(server.bodies[1]).toMatchObject({ name: 'other', tomorrows_setting: { on: true } })
    expect(server.bodies[1]).not.toHaveProperty('id')
    expect(server.bodies[1]).not.toHaveProperty('algorithm')
  })

  it('ex_createCertificate: shows the private key nowhere', async () => {
    const privateKey = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0IHN0dWZm\n-----END PRIVATE KEY-----'
    const { driver } = await play([['POST /v2/certificates', failure(422, `cannot use ${privateKey}`)]])
    let trace = ''
    const write = (text: string): boolean => {
      trace += text
      return true
    }
    enableDebug({ write })
    try {
      const certificate = { name: 'web', privateKey, leafCertificate: 'PEM' }
      const error = await driver.ex_createCertificate(certificate).catch(caught => caught)
      expect(error).toMatchObject({ status: 422 })
      expect(trace + JSON.stringify(error)).not.toContain('c2VjcmV0IHN0dWZm')
    } finally {
      enableDebug(undefined)
    }
    expect(trace).toContain('/v2/certificates')
  })
})
