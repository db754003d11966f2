import type { BuiltinDNSDrivers } from './providers.gen.js'

/** Joined by third parties: `declare module 'libcloud/dns' { interface DNSDrivers { mine: typeof MyDNSDriver } }`.
 * They need libcloud as a peer dependency: a second version has its own DNSDrivers, and the name stays unknown. */
export interface DNSDrivers extends BuiltinDNSDrivers {}

export type { NamedRef, Ref } from '../resource.js'
export type { DNSApi, DNSMethod } from './api.js'
export { DNSDriver, type DNSDriverClass, supportedMethods } from './driver.js'
export { Provider } from './providers.gen.js'
export * from './providers.js'
export * from './types.js'
