import { BaseDriver, implementedMethods, installStubs, isImplemented, type Supporting } from '../driver.js'
import type { VendorMeta } from '../meta.js'
import type { CallOptions, DriverOptions } from '../options.js'
import type { Ref } from '../resource.js'
import { VERSION } from '../version.js'
import { DNS, type DNSApi, type DNSMethod } from './api.js'
import type { ListRecordsOptions, Record, RecordType, Zone } from './types.js'

type Exporting = DNSDriver & {
  getZone: (zoneId: string, options?: CallOptions) => Promise<Zone>
  listRecords: (zone: Ref, options?: ListRecordsOptions) => AsyncIterable<Record>
}

/** Its type has no base methods: a driver writes those its provider supports. At run time stubs stand for the rest. */
export abstract class DNSDriver extends BaseDriver {
  /** The types of records that the provider has. */
  abstract readonly recordTypes: readonly RecordType[]

  constructor(vendor: Pick<VendorMeta, 'vendor' | 'credentials'>, options: DriverOptions) {
    super(DNS, vendor, options)
  }

  /** Whether the driver has all of these methods. */
  supports<D extends DNSDriver, const M extends readonly [DNSMethod, ...DNSMethod[]]>(
    this: D,
    ...methods: M
  ): this is D & Supporting<DNSApi, M> {
    return methods.every(method => isImplemented(this, method, DNS))
  }

  /** The types of records that the provider has. Nothing is asked. */
  listRecordTypes(): RecordType[] {
    return [...this.recordTypes]
  }

  /** A master zone as the text of a BIND zone file. @throws InvalidRequestError for a slave zone */
  async exportZoneToBindFormat(this: Exporting, zone: Ref, options?: CallOptions): Promise<string> {
    let text = ''
    for await (const line of await bindZone(this, zone, options)) text += line
    return text
  }

  /** The same, written to a file as it comes; the file appears when it is whole, in place of one that is there. */
  async exportZoneToBindZoneFile(this: Exporting, zone: Ref, filePath: string, options?: CallOptions): Promise<void> {
    const { saveToFile } = await import('../storage/transfer.js')
    const { Readable } = await import('node:stream')
    const lines = await bindZone(this, zone, options)
    async function* bytes(): AsyncGenerator<Buffer, void, undefined> {
      for await (const line of lines) yield Buffer.from(line)
    }
    await saveToFile(
      async () => Readable.from(bytes()),
      filePath,
      { provider: this.provider },
      { ...options, overwriteExisting: true },
    )
  }
}

/** A mere id does not tell the domain: then the zone is asked for. */
async function bindZone(
  driver: Exporting,
  zone: Ref,
  options: CallOptions | undefined,
): Promise<AsyncIterable<string>> {
  const { formatBindZone } = await import('./bind.js')
  const whole = 'domain' in zone && 'type' in zone ? (zone as Zone) : await driver.getZone(zone.id, options)
  return formatBindZone(whole, driver.listRecords(whole, options), { version: VERSION, plain: true })
}

installStubs(DNSDriver, DNS)

/** Any DNS driver's class, for code that knows the provider only at run time. */
export type DNSDriverClass = new (options: DriverOptions) => DNSDriver

/** The base methods that a driver class has. */
export function supportedMethods(driverClass: { readonly prototype: DNSDriver }): DNSMethod[] {
  return implementedMethods(driverClass, DNS) as DNSMethod[]
}
