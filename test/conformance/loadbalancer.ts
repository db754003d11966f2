import { LOADBALANCER, type LoadBalancerMethod } from '../../lib/loadbalancer/api.js'
import { LoadBalancerDriver } from '../../lib/loadbalancer/driver.js'
import { Algorithm, LoadBalancer, LoadBalancerState, Member } from '../../lib/loadbalancer/types.js'
import type { Harness, Runner } from './harness.js'
import { checker, list, nothing, number, object, oneOf, owned, resource, type Shape, some, string } from './shapes.js'
import { type ApiSuite, describeDriver } from './suite.js'

const balancer = resource(LoadBalancer, {
  id: some,
  name: string,
  state: oneOf(LoadBalancerState),
  ip: string,
  port: number,
  extra: object,
})
const member = resource(Member, {
  id: some,
  ip: string,
  port: number,
  extra: object,
})

const SHAPES: Readonly<Record<LoadBalancerMethod, Shape>> = {
  listProtocols: list(some),
  listSupportedAlgorithms: list(oneOf(Algorithm)),
  listBalancers: list(balancer),
  getBalancer: balancer,
  createBalancer: owned(balancer),
  updateBalancer: balancer,
  destroyBalancer: nothing,
  balancerListMembers: list(member),
  balancerAttachComputeNode: member,
  balancerAttachMember: member,
  balancerDetachMember: nothing,
}
const suite: ApiSuite = {
  description: LOADBALANCER,
  base: LoadBalancerDriver.prototype,
  checkShape: checker(SHAPES),
  missing: {
    getBalancer: 'LoadBalancerDoesNotExistError',
    updateBalancer: 'LoadBalancerDoesNotExistError',
    destroyBalancer: 'LoadBalancerDoesNotExistError',
  },
}

/** Runs the suite of the load balancer API on a driver. */
export function loadBalancerConformance(runner: Runner, harness: Harness): void {
  describeDriver(runner, harness, suite)
}
