import type { BuiltinContainerDrivers } from './providers.gen.js'

/** Joined by third parties: `declare module 'libcloud/container' { interface ContainerDrivers { mine: typeof MyContainerDriver } }`.
 * They need libcloud as a peer dependency: a second version has its own ContainerDrivers, and the name stays unknown. */
export interface ContainerDrivers extends BuiltinContainerDrivers {}

export type { NamedRef, Ref } from '../resource.js'
export type { ContainerApi, ContainerMethod } from './api.js'
export { ContainerDriver, type ContainerDriverClass, supportedMethods } from './driver.js'
export { Provider } from './providers.gen.js'
export * from './providers.js'
export * from './types.js'
