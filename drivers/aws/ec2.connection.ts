import { optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import {
  ConflictError,
  ImageDoesNotExistError,
  KeyPairAlreadyExistsError,
  KeyPairDoesNotExistError,
  NodeDoesNotExistError,
  PermissionDeniedError,
  QuotaExceededError,
  ServiceError,
  SnapshotDoesNotExistError,
  VolumeDoesNotExistError,
} from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { idempotencyToken } from '../../lib/http/message.js'
import * as xml from '../../lib/http/xml-shape.js'
import type { CallOptions } from '../../lib/options.js'
import { type Page, type Pager, pager } from '../../lib/pager.js'
import { AWS_ERRORS, type AwsOptions } from './connection.js'
import { AwsQueryConnection, type QueryParams, readItems } from './query.js'
import { regionalEndpoint } from './regions.js'

/** The version of the API that this was written for. */
export const EC2_VERSION = '2016-11-15'

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const EC2_ERRORS: ErrorTable = {
  ...AWS_ERRORS,
  Blocked: PermissionDeniedError,
  'InvalidAMIID.NotFound': ImageDoesNotExistError,
  'InvalidAMIID.Unavailable': ImageDoesNotExistError,
  'InvalidAMIName.Duplicate': ConflictError,
  'InvalidInstanceID.NotFound': NodeDoesNotExistError,
  'InvalidKeyPair.Duplicate': KeyPairAlreadyExistsError,
  'InvalidKeyPair.NotFound': KeyPairDoesNotExistError,
  'InvalidSnapshot.NotFound': SnapshotDoesNotExistError,
  'InvalidSubnet.Conflict': ConflictError,
  'InvalidVolume.NotFound': VolumeDoesNotExistError,
  IdempotentParameterMismatch: ConflictError,
  InsufficientFreeAddressesInSubnet: QuotaExceededError,
  PendingVerification: PermissionDeniedError,
  'Resource.AlreadyAssociated': ConflictError,
  Server_InternalError: ServiceError,
  VcpuLimitExceeded: QuotaExceededError,
}

/** A filter's values by its name: `{ 'instance-state-name': ['running', 'pending'], 'tag:stage': 'test' }`. */
export type EC2Filters = Readonly<Record<string, string | readonly string[]>>

/** Where a service that speaks EC2's API is, when it is not AWS. */
export interface EC2Place {
  /** `{region}` stands for the region. */
  readonly endpoint: string
  /** @defaultValue '/' */
  readonly path?: string | undefined
  /** Environment variables that hold its key, and its secret. */
  readonly keys: readonly [key: readonly string[], secret: readonly string[]]
  /** What the option `host` is to say, where everybody has their own. */
  readonly host?: string | undefined
  /** The version of EC2's API that it knows. */
  readonly version?: string | undefined
  /** Parameters that it does not know. */
  readonly unknown?: readonly string[] | undefined
  /** Whose images are listed when nobody's are asked for; absent for all there are. */
  readonly imageOwners?: readonly string[] | undefined
}

/** There are hundreds of thousands of public images at AWS. */
const IMAGE_OWNERS = ['self', 'amazon']

/** A list, and how much of it a page holds. */
export interface Listing<T> {
  readonly action: string
  readonly shape: xml.XmlShape<{ items: T[]; nextToken?: string | undefined }>
  /** The most that EC2 gives at once; absent where it gives all. */
  readonly most?: number | undefined
}

/** A list's reply: the element that holds the items. */
export function listing<T>(action: string, set: string, item: xml.XmlShape<T>, most?: number): Listing<T> {
  const items = xml.named(set, xml.wrapped('item', item))
  const shape = xml.named(`${action}Response`, xml.object({ items, nextToken: xml.string }))
  return { action, shape, most }
}

/** A thing that is the reply itself. */
export function itself<T>(action: string, shape: xml.XmlShape<T>): xml.XmlShape<T> {
  return xml.named(`${action}Response`, shape)
}

/** A reply's document. */
export function answer<const M extends xml.XmlMembers>(action: string, members: M): xml.XmlObject<M> {
  return xml.named(`${action}Response`, xml.object(members))
}

/** Lists that narrow a list down, and may stand beside a size of pages. */
const LIMITS: ReadonlySet<string> = new Set(['Filter', 'Filters', 'Owner', 'ExecutableBy', 'ProductDescription'])

/** Ids of things cannot be asked for together with a size of pages. */
function namesThings(params: QueryParams): boolean {
  return Object.entries(params).some(([name, value]) => !LIMITS.has(name) && Array.isArray(value) && value.length > 0)
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ */
export class EC2Connection extends AwsQueryConnection {
  override readonly errors: ErrorTable = EC2_ERRORS
  /** Whose images are listed when nobody's are asked for. */
  readonly imageOwners: readonly string[] | undefined
  readonly #unknown: ReadonlySet<string> | undefined

  constructor(driver: BaseDriver, region: string, vendor?: { readonly name: string; readonly place: EC2Place }) {
    const place = vendor?.place
    const { apiVersion, dualStack, fips } = optionsOf<AwsOptions>(driver)
    super(driver, {
      signingName: 'ec2',
      region,
      baseUrl: place?.endpoint.replace('{region}', region) ?? regionalEndpoint('ec2', region, { dualStack, fips }),
      vendorName: vendor?.name,
      path: place?.path,
      version: apiVersion ?? place?.version ?? EC2_VERSION,
      listMember: '',
    })
    this.imageOwners = place === undefined ? IMAGE_OWNERS : place.imageOwners
    this.#unknown = place?.unknown && new Set(place.unknown)
  }

  /** Parameters without those that the service does not know. */
  protected override known(params: QueryParams): QueryParams {
    const unknown = this.#unknown
    if (unknown === undefined) return params
    return Object.fromEntries(Object.entries(params).filter(([name]) => !unknown.has(name)))
  }

  /** A list, page by page. */
  all<Raw, T>(
    what: Listing<Raw>,
    map: (raw: Raw) => T,
    params: QueryParams,
    options: CallOptions | undefined,
  ): Pager<T> {
    return pager(token => this.some(what, map, params, token, options), options)
  }

  /** A list of which each item holds several things. */
  each<Raw, T>(
    what: Listing<Raw>,
    map: (raw: Raw) => readonly T[],
    params: QueryParams,
    options: CallOptions | undefined,
  ): Pager<T> {
    return pager(async token => {
      const { items, next } = await this.some(what, map, params, token, options)
      return { items: items.flat(), next }
    }, options)
  }

  /** A page of a list. */
  some<Raw, T>(
    { action, shape, most }: Listing<Raw>,
    map: (raw: Raw) => T,
    params: QueryParams,
    token: string | undefined,
    options: CallOptions | undefined,
  ): Promise<Page<T>> {
    const MaxResults = namesThings(params) ? undefined : most
    const parse = readItems(shape, 'items', map)
    const read = (body: Buffer): Page<T> => {
      const { items, reply } = parse(body)
      // An empty token, as some look-alikes send it, is none.
      return { items, next: reply.nextToken || undefined }
    }
    return this.query({ action, params: { ...params, MaxResults, NextToken: token }, shape, read }, options)
  }

  /** Asks for a change that comes to the same when it is asked for twice. */
  async set(action: string, params: QueryParams, options: CallOptions | undefined): Promise<void> {
    await this.query({ action, params, shape: xml.object({}), idempotent: true }, options)
  }

  /** Asks for a change that would be another one the second time. */
  async act(action: string, params: QueryParams, options: CallOptions | undefined): Promise<void> {
    await this.query({ action, params, shape: xml.object({}), idempotent: false }, options)
  }

  /** Makes something whose request EC2 knows again by its token, so that it may be sent again. */
  create<Raw, T>(
    { action, params, shape, map, token = idempotencyToken() }: Creation<Raw, T>,
    options: CallOptions | undefined,
  ): Promise<T> {
    // Of no use where the service does not know it.
    const idempotent = this.#unknown?.has('ClientToken') !== true
    return this.query({ action, params: { ...params, ClientToken: token }, shape, map, idempotent }, options)
  }
}

interface Creation<Raw, T> {
  readonly action: string
  readonly params: QueryParams
  readonly shape: xml.XmlShape<Raw>
  readonly map: (raw: Raw) => T
  readonly token?: string | undefined
}
