import type { BuiltinComputeDrivers } from './providers.gen.js'

/** Joined by third parties: `declare module 'libcloud/compute' { interface ComputeDrivers { mine: typeof MyNodeDriver } }`.
 * They need libcloud as a peer dependency: a second version has its own ComputeDrivers, and the name stays unknown. */
export interface ComputeDrivers extends BuiltinComputeDrivers {}

export type {
  CommandResult,
  ConnectSSH,
  Deployment,
  DeployNodeOptions,
  DeployProgress,
  SSHClient,
  SSHTarget,
} from '../deployment/types.js'
export type { NamedRef, Ref } from '../resource.js'
export type { ComputeApi, ComputeMethod } from './api.js'
export { NodeDriver, type NodeDriverClass, supportedMethods } from './driver.js'
export { Provider } from './providers.gen.js'
export * from './providers.js'
export * from './types.js'
