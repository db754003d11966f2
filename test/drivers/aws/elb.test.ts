import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ElasticLBDriver } from '../../../drivers/aws/elb.js'
import { CleanupError, ConflictError, QuotaExceededError, RateLimitError } from '../../../lib/errors.js'
import { type ReplayServer, startReplay } from '../../conformance/replay.js'
import { actions, answersOf, failure, serve } from './balancers.js'

let server: ReplayServer
beforeAll(async () => {
  server = await startReplay()
})
afterAll(() => server.close())
const make = (options: object = {}): ElasticLBDriver =>
  new ElasticLBDriver({ key: 'AKIA', secret: 'a-secret', dispatcher: server.dispatcher, retry: false, ...options })
const members = [{ id: 'i-1', ip: '10.0.0.1', port: 80 }]

describe('ELB', () => {
  it('refuses what the service cannot do, before any request', async () => {
    server.play([])
    const driver = make()
    const web = { name: 'web', port: 80 }
    const refusals: readonly (readonly [Promise<unknown>, string])[] = [
      [driver.createBalancer({ ...web, protocol: 'udp' }), 'balancer.protocol'],
      [driver.createBalancer({ ...web, protocol: 'https' }), 'balancer.ex_certificateId'],
      [driver.createBalancer({ ...web, algorithm: 'round_robin' }), 'balancer.algorithm'],
      [driver.createBalancer({ ...web, members: [{ ip: '10.0.0.1', port: 80 }] }), 'balancer.members[0].id'],
      [
        driver.createBalancer({ ...web, members: [...members, { id: 'i-2', ip: '', port: 81 }] }),
        'balancer.members[1].ip',
      ],
      [
        driver.createBalancer({ ...web, members: [...members, { id: 'i-2', ip: '10.0.0.2', port: 81 }] }),
        'balancer.members',
      ],
      [driver.updateBalancer({ id: 'web' }, { name: 'other' }), 'changes.name'],
      [driver.balancerAttachMember({ id: 'web' }, { ip: '10.0.0.1', port: 80 }), 'member.id'],
      [driver.balancerDetachMember({ id: 'web' }, { ip: '10.0.0.1', port: 80 }), 'member.id'],
    ]
    for (const [call, argument] of refusals) {
      await expect(call).rejects.toMatchObject({ code: 'INVALID_REQUEST', argument })
    }
    expect(server.requests).toHaveLength(0)
  })

  it('createBalancer: what cannot be furnished is deleted, also when the caller has gone', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const answers = answersOf('elb/createBalancer.undone')
    serve(server, answers)
    const refused = make().createBalancer({ name: 'web', port: 80, members })
    await expect(refused).rejects.toMatchObject({ providerCode: 'InvalidInstance' })
    expect(actions(server)).toEqual(['CreateLoadBalancer', 'RegisterInstancesWithLoadBalancer', 'DeleteLoadBalancer'])
    server.play((request, response) => {
      const body = request.body.toString()
      if (body.includes('Action=Register')) controller.abort(reason)
      else response.end(answers.get(body.includes('Action=Create') ? 'CreateLoadBalancer' : 'DeleteLoadBalancer')?.body)
    })
    const left = make().createBalancer({ name: 'web', port: 80, members }, { signal: controller.signal })
    await expect(left).rejects.toBe(reason)
    expect(actions(server).at(-1)).toBe('DeleteLoadBalancer')
  })

  it('createBalancer: says what could not be deleted', async () => {
    const refusals = { DeleteLoadBalancer: [failure('OperationNotPermitted')] }
    serve(server, answersOf('elb/createBalancer.undone'), refusals)
    const error = await make()
      .createBalancer({ name: 'web', port: 80, members })
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(CleanupError)
    expect(error).toMatchObject({ cause: { providerCode: 'InvalidInstance' }, errors: [{ code: 'PERMISSION_DENIED' }] })
    expect(String(error)).toContain('the balancer web could not be deleted')
  })

  it('updateBalancer: the old listener comes back when the new one cannot be made', async () => {
    const refusals = { CreateLoadBalancerListeners: [failure('UnsupportedProtocol')] }
    serve(server, answersOf('elb/updateBalancer.protocol'), answersOf('elb/getBalancer'), refusals)
    const certificate = { ex_certificateId: 'arn:aws:acm:us-east-1:1:certificate/1' }
    const refused = make().updateBalancer({ id: 'web' }, { protocol: 'https', ...certificate })
    await expect(refused).rejects.toMatchObject({ providerCode: 'UnsupportedProtocol' })
    const last = new URLSearchParams(server.requests.at(-1)?.body.toString())
    expect(last.get('Action')).toBe('CreateLoadBalancerListeners')
    expect(last.get('Listeners.member.1.Protocol')).toBe('HTTP')
    expect(last.get('Listeners.member.1.LoadBalancerPort')).toBe('80')
  })

  it('updateBalancer: nothing is sent for what is so already', async () => {
    serve(server, answersOf('elb/getBalancer'))
    await make().updateBalancer({ id: 'web' }, { port: 80, protocol: 'http' })
    expect(new Set(actions(server))).toEqual(new Set(['DescribeLoadBalancers']))
  })

  it('says what the service means', async () => {
    const codes = [
      ['DuplicateLoadBalancerName', ConflictError],
      ['TooManyLoadBalancers', QuotaExceededError],
      ['Throttling', RateLimitError],
      ['DependencyThrottle', RateLimitError],
    ] as const
    for (const [code, errorClass] of codes) {
      serve(server, { CreateLoadBalancer: [failure(code)] })
      const refused = make().createBalancer({ name: 'web', port: 80 })
      await expect(refused).rejects.toBeInstanceOf(errorClass)
      await expect(refused).rejects.toMatchObject({ providerCode: code, requestId: 'r-1' })
    }
  })

  it('goes where its region is, and its zone with it', async () => {
    serve(server, { CreateLoadBalancer: [failure('InvalidScheme')] })
    const driver = make({ region: 'cn-north-1', fips: true })
    await driver.createBalancer({ name: 'web', port: 80 }).catch(() => {})
    const [request] = server.requests
    expect(request?.headers['host']).toBe('elasticloadbalancing-fips.cn-north-1.amazonaws.com.cn')
    expect(request?.headers['authorization']).toContain('/cn-north-1/elasticloadbalancing/aws4_request')
    expect(new URLSearchParams(request?.body.toString()).get('AvailabilityZones.member.1')).toBe('cn-north-1a')
  })
})
