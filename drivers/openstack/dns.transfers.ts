import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { dateOf } from './dns.base.js'
import { DesignateRecords } from './dns.records.js'
import { NO_ZONE } from './dns.recordsets.js'

/** An offer of a zone to another project. */
export interface DesignateTransferRequest {
  readonly id: string
  readonly zoneId: string
  readonly domain: string
  /** The other project; `undefined` for whoever has the key. */
  readonly targetProjectId: string | undefined
  readonly description: string | undefined
  /** `ACTIVE` until it is accepted. */
  readonly state: string
  /** What accepts it: told to its owner alone. Not shown when it is printed. */
  readonly key: string | undefined
  readonly createdAt: Date | undefined
}
/** What `ex_createTransferRequest` takes. */
export interface DesignateNewTransferRequest {
  /** @defaultValue whoever has the key */
  readonly targetProjectId?: string | undefined
  readonly description?: string | undefined
}

interface RawTransferRequest {
  readonly id: string
  readonly zone_id: string
  readonly zone_name: string
  readonly target_project_id?: string | null
  readonly description?: string | null
  readonly status: string
  readonly key?: string | null
  readonly created_at?: string | null
}

/** Zones that go from project to project. */
export abstract class DesignateTransfers extends DesignateRecords {
  /**
   * Offers that this project has made, and those that are made to it.
   * @example for await (const { domain, state } of driver.ex_listTransferRequests()) console.log(domain, state)
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#list-zone-transfer-requests
   */
  ex_listTransferRequests(options?: CallOptions): Pager<DesignateTransferRequest> {
    const map = (raw: RawTransferRequest): DesignateTransferRequest => this.#toRequest(raw)
    return this.connection.list({ path: '/zones/tasks/transfer_requests', member: 'transfer_requests', map }, options)
  }

  /**
   * One offer.
   * @example const { state } = await driver.ex_getTransferRequest(requestId)
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#show-a-zone-transfer-request
   * @throws NotFoundError
   */
  ex_getTransferRequest(requestId: string, options?: CallOptions): Promise<DesignateTransferRequest> {
    const map = (raw: RawTransferRequest): DesignateTransferRequest => this.#toRequest(raw)
    return this.connection.one({ path: path`/zones/tasks/transfer_requests/${requestId}`, map }, options)
  }

  /**
   * Offers a zone to another project, which accepts it with the request's id and key.
   * @example const { id, key } = await driver.ex_createTransferRequest(zone, { targetProjectId })
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#create-zone-transfer-request
   * @throws ZoneDoesNotExistError
   */
  async ex_createTransferRequest(
    zone: Ref,
    request: DesignateNewTransferRequest,
    options?: CallOptions,
  ): Promise<Owned<DesignateTransferRequest>> {
    const json = { target_project_id: request.targetProjectId, description: request.description }
    const map = (raw: RawTransferRequest): DesignateTransferRequest => this.#toRequest(raw)
    const at = path`/zones/${zone.id}/tasks/transfer_requests`
    const made = await this.connection.one({ method: 'POST', path: at, json, map, errors: NO_ZONE }, options)
    return owned(made, () => this.ex_deleteTransferRequest(made))
  }

  /**
   * Withdraws an offer.
   * @example await driver.ex_deleteTransferRequest(request)
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#delete-a-zone-transfer-request
   * @throws NotFoundError
   */
  async ex_deleteTransferRequest(request: Ref, options?: CallOptions): Promise<void> {
    const spec = {
      method: 'DELETE',
      path: path`/zones/tasks/transfer_requests/${request.id}`,
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  /**
   * Takes a zone that another project offers.
   * @example await other.ex_acceptTransfer(request, key)
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#create-zone-transfer-accept
   * @throws PermissionDeniedError when the key is wrong
   */
  async ex_acceptTransfer(request: Ref, key: string, options?: CallOptions): Promise<void> {
    this.connection.conceal(key)
    const spec = {
      method: 'POST',
      path: '/zones/tasks/transfer_accepts',
      json: { zone_transfer_request_id: request.id, key },
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  #toRequest(raw: RawTransferRequest): DesignateTransferRequest {
    const key = raw.key ?? undefined
    if (key !== undefined) this.connection.conceal(key)
    const request: Omit<DesignateTransferRequest, 'key'> = {
      id: raw.id,
      zoneId: raw.zone_id,
      domain: raw.zone_name.replace(/(?<=.)\.$/, ''),
      targetProjectId: raw.target_project_id ?? undefined,
      description: raw.description ?? undefined,
      state: raw.status,
      createdAt: dateOf(raw.created_at),
    }
    return Object.defineProperty(request, 'key', { value: key }) as DesignateTransferRequest
  }
}
