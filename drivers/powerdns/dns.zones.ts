import { ZoneDoesNotExistError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { PowerDNSRRsets } from './dns.rrsets.js'

/** The values of one kind of a zone's metadata. */
export interface PowerDNSMetadata {
  /** Such as `ALLOW-AXFR-FROM`; one of your own begins with `X-`. */
  readonly kind: string
  readonly values: readonly string[]
}
/** What `ex_retrieveZone` takes. */
export interface PowerDNSRetrieveOptions extends CallOptions {
  /** The address of the server to copy from, for servers newer than 5.0. @defaultValue one of the zone's own */
  ex_primary?: string | undefined
}

interface RawMetadata {
  readonly kind: string
  readonly metadata: readonly string[]
}
interface RawResult {
  readonly result?: string
}

/** What is done with whole zones, and their metadata. */
export abstract class PowerDNSZoneActions extends PowerDNSRRsets {
  /**
   * Tells a zone's other servers that it has changed. It resolves when that is queued, to what the server says of it.
   * @example await driver.ex_notifyZone(zone)
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#put--servers-server_id-zones-zone_id-notify
   * @throws ZoneDoesNotExistError
   */
  async ex_notifyZone(zone: Ref, options?: CallOptions): Promise<string> {
    return this.#act(zone, 'notify', undefined, options)
  }

  /**
   * Has a slave zone copied anew from its master. It resolves when that is queued, to what the server says of it.
   * @example await driver.ex_retrieveZone(zone)
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#put--servers-server_id-zones-zone_id-axfr-retrieve
   * @throws ZoneDoesNotExistError
   * @throws InvalidRequestError when it is no slave zone
   */
  async ex_retrieveZone(zone: Ref, options?: PowerDNSRetrieveOptions): Promise<string> {
    const primary = options?.ex_primary
    return this.#act(zone, 'axfr-retrieve', primary === undefined ? undefined : { primary }, options)
  }

  /**
   * Orders a zone's records for DNSSEC, after they were changed by other means than this API.
   * @example await driver.ex_rectifyZone(zone)
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#put--servers-server_id-zones-zone_id-rectify
   * @throws ZoneDoesNotExistError
   */
  async ex_rectifyZone(zone: Ref, options?: CallOptions): Promise<string> {
    return this.#act(zone, 'rectify', undefined, options)
  }

  /**
   * The zone as the server writes it: one record a line, of every type, in no order.
   * @example console.log(await driver.ex_exportZone(zone))
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#get--servers-server_id-zones-zone_id-export
   * @throws ZoneDoesNotExistError
   */
  async ex_exportZone(zone: Ref, options?: CallOptions): Promise<string> {
    const spec = {
      path: path`${this.connection.root}/zones/${zone.id}/export`,
      errors: { 404: ZoneDoesNotExistError },
    }
    const { body } = await this.connection.request<{ zone: string }>(spec, options)
    return body.zone
  }

  /**
   * A zone's metadata, of all kinds.
   * @example for await (const { kind, values } of driver.ex_listMetadata(zone)) console.log(kind, values)
   * @see https://doc.powerdns.com/authoritative/http-api/metadata.html
   * @throws ZoneDoesNotExistError
   */
  ex_listMetadata(zone: Ref, options?: CallOptions): Pager<PowerDNSMetadata> {
    return onePage(async () => {
      const spec = {
        path: path`${this.connection.root}/zones/${zone.id}/metadata`,
        errors: { 404: ZoneDoesNotExistError },
      }
      const { body } = await this.connection.request<readonly RawMetadata[]>(spec, options)
      return body.map(toMetadata)
    }, options)
  }

  /**
   * A zone's metadata of one kind; without values where there is none.
   * @example const { values } = await driver.ex_getMetadata(zone, 'ALLOW-AXFR-FROM')
   * @see https://doc.powerdns.com/authoritative/http-api/metadata.html
   * @throws ZoneDoesNotExistError
   * @throws InvalidRequestError for a kind that the server does not have
   */
  async ex_getMetadata(zone: Ref, kind: string, options?: CallOptions): Promise<PowerDNSMetadata> {
    const spec = {
      path: path`${this.connection.root}/zones/${zone.id}/metadata/${kind}`,
      errors: { 404: ZoneDoesNotExistError },
    }
    const { body } = await this.connection.request<RawMetadata>(spec, options)
    return toMetadata(body)
  }

  /**
   * Adds values to a zone's metadata of one kind.
   * @example await driver.ex_addMetadata(zone, 'ALLOW-AXFR-FROM', ['192.0.2.53'])
   * @see https://doc.powerdns.com/authoritative/http-api/metadata.html
   * @throws ZoneDoesNotExistError
   * @throws InvalidRequestError for a kind that the API does not change, such as `SOA-EDIT-API`: `updateZone` has those
   */
  async ex_addMetadata(zone: Ref, kind: string, values: readonly string[], options?: CallOptions): Promise<void> {
    const spec = {
      method: 'POST',
      path: path`${this.connection.root}/zones/${zone.id}/metadata`,
      json: { kind, metadata: values },
      errors: { 404: ZoneDoesNotExistError },
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  /**
   * Writes a zone's metadata of one kind, in place of what is there.
   * @example await driver.ex_setMetadata(zone, 'X-OWNER', ['team-dns'])
   * @see https://doc.powerdns.com/authoritative/http-api/metadata.html
   * @throws ZoneDoesNotExistError
   * @throws InvalidRequestError for a kind that the API does not change
   */
  async ex_setMetadata(
    zone: Ref,
    kind: string,
    values: readonly string[],
    options?: CallOptions,
  ): Promise<PowerDNSMetadata> {
    const spec = {
      method: 'PUT',
      path: path`${this.connection.root}/zones/${zone.id}/metadata/${kind}`,
      json: { kind, metadata: values },
      errors: { 404: ZoneDoesNotExistError },
    } as const
    const { body } = await this.connection.request<RawMetadata>(spec, options)
    return toMetadata(body)
  }

  /**
   * Deletes a zone's metadata of one kind. It is no error when there is none.
   * @example await driver.ex_deleteMetadata(zone, 'X-OWNER')
   * @see https://doc.powerdns.com/authoritative/http-api/metadata.html
   * @throws ZoneDoesNotExistError
   */
  async ex_deleteMetadata(zone: Ref, kind: string, options?: CallOptions): Promise<void> {
    const spec = {
      method: 'DELETE',
      path: path`${this.connection.root}/zones/${zone.id}/metadata/${kind}`,
      errors: { 404: ZoneDoesNotExistError },
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  async #act(zone: Ref, action: string, json: object | undefined, options?: CallOptions): Promise<string> {
    const spec = {
      method: 'PUT',
      path: path`${this.connection.root}/zones/${zone.id}/${action}`,
      json,
      errors: { 404: ZoneDoesNotExistError },
    } as const
    const { body } = await this.connection.request<RawResult | undefined>(spec, options)
    return body?.result ?? ''
  }
}

function toMetadata({ kind, metadata }: RawMetadata): PowerDNSMetadata {
  return { kind, values: metadata }
}
