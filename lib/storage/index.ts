import type { BuiltinStorageDrivers } from './providers.gen.js'

/** Joined by third parties: `declare module 'libcloud/storage' { interface StorageDrivers { mine: typeof MyStorageDriver } }`.
 * They need libcloud as a peer dependency: a second version has its own StorageDrivers, and the name stays unknown. */
export interface StorageDrivers extends BuiltinStorageDrivers {}

export type { NamedRef, Ref } from '../resource.js'
export type { StorageApi, StorageMethod } from './api.js'
export { StorageDriver, type StorageDriverClass, supportedMethods } from './driver.js'
export { Provider } from './providers.gen.js'
export * from './providers.js'
export * from './types.js'
