import type { BuiltinBackupDrivers } from './providers.gen.js'

/** Joined by third parties: `declare module 'libcloud/backup' { interface BackupDrivers { mine: typeof MyBackupDriver } }`.
 * They need libcloud as a peer dependency: a second version has its own BackupDrivers, and the name stays unknown. */
export interface BackupDrivers extends BuiltinBackupDrivers {}

export type { NamedRef, Ref } from '../resource.js'
export type { BackupApi, BackupMethod } from './api.js'
export { BackupDriver, type BackupDriverClass, supportedMethods } from './driver.js'
export { Provider } from './providers.gen.js'
export * from './providers.js'
export * from './types.js'
