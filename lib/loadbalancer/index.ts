import type { BuiltinLoadBalancerDrivers } from './providers.gen.js'

/** Joined by third parties: `declare module 'libcloud/loadbalancer' { interface LoadBalancerDrivers { mine: typeof MyLoadBalancerDriver } }`.
 * They need libcloud as a peer dependency: a second version has its own LoadBalancerDrivers, and the name stays unknown. */
export interface LoadBalancerDrivers extends BuiltinLoadBalancerDrivers {}

export type { NamedRef, Ref } from '../resource.js'
export type { LoadBalancerApi, LoadBalancerMethod } from './api.js'
export { LoadBalancerDriver, type LoadBalancerDriverClass, supportedMethods } from './driver.js'
export { Provider } from './providers.gen.js'
export * from './providers.js'
export * from './types.js'
