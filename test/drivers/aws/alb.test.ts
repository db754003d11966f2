import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApplicationLBDriver } from '../../../drivers/aws/alb.js'
import { fromRaw, toRaw } from '../../../drivers/aws/alb.shared.js'
import { CleanupError, WaitError } from '../../../lib/errors.js'
import { enableDebug } from '../../../lib/http/trace.js'
import { type ReplayServer, startReplay } from '../../conformance/replay.js'
import { actions, answersOf, failure, serve } from './balancers.js'

let server: ReplayServer
beforeAll(async () => {
  server = await startReplay()
})
afterAll(() => server.close())
const make = (options: object = {}): ApplicationLBDriver =>
  new ApplicationLBDriver({ key: 'AKIA', secret: 'a-secret', dispatcher: server.dispatcher, retry: false, ...options })
const arn = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188'
const members = [{ id: 'i-1', ip: '10.0.0.1', port: 80 }]
const ex_subnets = [{ id: 'subnet-1' }, { id: 'subnet-2' }]
const web = { name: 'web', port: 80, ex_subnets }

describe('ALB', () => {
  it('refuses what the service cannot do, before any request', async () => {
    server.play([])
    const driver = make()
    const refusals: readonly (readonly [Promise<unknown>, string])[] = [
      [driver.createBalancer({ name: 'web', port: 80 }), 'balancer.ex_subnets'],
      [driver.createBalancer({ ...web, protocol: 'gopher' }), 'balancer.protocol'],
      [driver.createBalancer({ ...web, protocol: 'tls' }), 'balancer.ex_certificateId'],
      [driver.createBalancer({ ...web, protocol: 'tcp', algorithm: 'round_robin' }), 'balancer.algorithm'],
      [driver.createBalancer({ ...web, algorithm: 'persistent_ip' }), 'balancer.algorithm'],
      [
        driver.createBalancer({ ...web, ex_targetType: 'instance', members: [{ ip: '10.0.0.1', port: 80 }] }),
        'balancer.members',
      ],
      [driver.updateBalancer({ id: arn }, { name: 'other' }), 'changes.name'],
      [driver.updateBalancer({ id: arn }, { protocol: 'gopher' }), 'changes.protocol'],
    ]
    for (const [call, argument] of refusals) {
      await expect(call).rejects.toMatchObject({ code: 'INVALID_REQUEST', argument })
    }
    expect(server.requests).toHaveLength(0)
  })

  it('createBalancer: what cannot be furnished is deleted, in the order that the service wants', async () => {
    serve(server, answersOf('alb/createBalancer.undone'))
    await expect(make().createBalancer({ ...web, members })).rejects.toMatchObject({ providerCode: 'InvalidTarget' })
    expect(actions(server)).toEqual([
      'CreateLoadBalancer',
      'CreateTargetGroup',
      'RegisterTargets',
      'DeleteLoadBalancer',
      'DeleteTargetGroup',
    ])
    serve(server, answersOf('alb/createBalancer.undone'), { CreateTargetGroup: [failure('TooManyTargetGroups')] })
    await expect(make().createBalancer({ ...web, members })).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    expect(actions(server)).toEqual(['CreateLoadBalancer', 'CreateTargetGroup', 'DeleteLoadBalancer'])
  })

  it('createBalancer: says what could not be deleted', async () => {
    serve(server, answersOf('alb/createBalancer.undone'), { DeleteLoadBalancer: [failure('OperationNotPermitted')] })
    const error = await make()
      .createBalancer({ ...web, members })
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(CleanupError)
    expect(String(error)).toContain(`the balancer ${arn} could not be deleted`)
  })

  it('createBalancer: one that was there before is not furnished, and not deleted', async () => {
    const answers = answersOf('alb/createBalancer')
    const made = answers.get('CreateLoadBalancer')
    const body = String(made?.body).replace('2099-', '2019-')
    serve(server, { CreateLoadBalancer: [{ status: 200, reason: 'OK', headers: [], body }] })
    await expect(make().createBalancer(web)).rejects.toMatchObject({ code: 'CONFLICT', operation: 'createBalancer' })
    expect(actions(server)).toEqual(['CreateLoadBalancer'])
  })

  it('createBalancer: a request whose answer was lost is sent again, as the service allows', async () => {
    const answers = answersOf('alb/createBalancer')
    let cut = false
    server.play((request, response, socket) => {
      if (!cut) {
        cut = true
        socket.destroy()
      } else {
        const action = new URLSearchParams(request.body.toString()).get('Action') ?? ''
        response.end(answers.get(action)?.body)
      }
    })
    await make({ retry: { retries: 1, minTimeout: 1 } }).createBalancer(web)
    expect(actions(server)).toEqual(['CreateLoadBalancer', 'CreateLoadBalancer', 'CreateTargetGroup', 'CreateListener'])
  })

  it('destroyBalancer: waits until the target group is free', async () => {
    serve(server, answersOf('alb/destroyBalancer'), { DeleteTargetGroup: [failure('ResourceInUse')] })
    await make().destroyBalancer({ id: arn })
    expect(actions(server)).toEqual([
      'DescribeTargetGroups',
      'DeleteLoadBalancer',
      'DeleteTargetGroup',
      'DeleteTargetGroup',
    ])
  })

  it('balancerDetachMember: takes a member of a list from its own target group', async () => {
    serve(server, answersOf('alb/balancerDetachMember'))
    const extra = { targetGroupId: 'arn:of-the-group' }
    await make().balancerDetachMember({ id: arn }, { id: '[2001:db8::6]:80', extra } as never)
    const [request] = server.requests
    const form = new URLSearchParams(request?.body.toString())
    expect([form.get('TargetGroupArn'), form.get('Targets.member.1.Id'), form.get('Targets.member.1.Port')]).toEqual([
      'arn:of-the-group',
      '2001:db8::6',
      '80',
    ])
  })

  it('ex_waitForBalancer: ends at once when it fails', async () => {
    const answers = answersOf('alb/getBalancer')
    const found = answers.get('DescribeLoadBalancers')
    const body = String(found?.body).replace('<Code>active</Code>', '<Code>failed</Code><Reason>No address</Reason>')
    serve(server, answers, { DescribeLoadBalancers: [{ status: 200, reason: 'OK', headers: [], body }] })
    const error = await make()
      .ex_waitForBalancer({ id: arn })
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(WaitError)
    expect(String(error)).toContain('No address')
  })

  it('shows the secret of an identity provider nowhere', async () => {
    serve(server, { CreateListener: [failure('InvalidLoadBalancerAction')] })
    let trace = ''
    const write = (text: string): boolean => {
      trace += text
      return true
    }
    enableDebug({ write })
    try {
      const authenticateOidcConfig = {
        issuer: 'https://id.example.com',
        authorizationEndpoint: 'https://id.example.com/a',
        tokenEndpoint: 'https://id.example.com/t',
        userInfoEndpoint: 'https://id.example.com/u',
        clientId: 'web',
        clientSecret: 'sesame-open',
      }
      const actions = [{ type: 'authenticate-oidc', authenticateOidcConfig }] as const
      const error = await make()
        .ex_createListener({ id: arn }, { port: 443, protocol: 'https', actions })
        .catch((caught: unknown) => caught)
      expect(error).toMatchObject({ providerCode: 'InvalidLoadBalancerAction' })
      expect(trace + JSON.stringify(error)).not.toContain('sesame')
    } finally {
      enableDebug(undefined)
    }
    expect(trace).toContain('CreateListener')
  })

  it('members of actions and conditions have the names of the service there, and the library’s here', () => {
    const action = {
      type: 'forward',
      forwardConfig: { targetGroups: [{ targetGroupArn: 'a', weight: 1 }] },
      order: undefined,
    }
    const raw = { Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: 'a', Weight: 1 }] } }
    expect(toRaw(action)).toEqual(raw)
    expect(fromRaw({ ...raw, Values: [] })).toEqual({ type: 'forward', forwardConfig: action.forwardConfig })
  })
})
