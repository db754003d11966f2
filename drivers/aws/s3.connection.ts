import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import {
  ConflictError,
  ContainerAlreadyExistsError,
  ContainerDoesNotExistError,
  ContainerIsNotEmptyError,
  InvalidContainerNameError,
  InvalidRequestError,
  type LibcloudError,
  NotFoundError,
  NotSupportedError,
  ObjectDoesNotExistError,
  PermissionDeniedError,
  QuotaExceededError,
} from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import type { OutgoingRequest, Refusal, Reply, RequestSpec } from '../../lib/http/message.js'
import { type QueryValues, queryString, slashed } from '../../lib/http/url.js'
import type { FamilyMember } from '../../lib/meta.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { AWS_ERRORS, AwsConnection, type AwsOptions } from './connection.js'
import { checkRegion, partitionOf } from './regions.js'
import type { S3Checksum } from './s3.checksums.js'
import { checkBucket, checkKey, isHostLabel } from './s3.names.js'
import { STREAMING_SIGNED, STREAMING_SIGNED_TRAILER } from './signature.chunks.js'
import { type AwsCredentials, presign, type Signature, signHeaders, UNSIGNED_PAYLOAD } from './signature.js'

/** What there is to know of a store that speaks S3. */
export interface S3Vendor<P extends string = string> extends FamilyMember<P> {
  /** `https://s3.{region}.example.com`; {@link awsEndpoint} where there is none. */
  readonly endpoint?: string | undefined
  /** Regions whose endpoint is another. */
  readonly endpoints?: Readonly<Record<string, string>> | undefined
  /** What the option `host` must be, where every customer has a host of his own. */
  readonly host?: string | undefined
  /** Where buckets stand: in the host's name, or in the path. @defaultValue 'virtual' */
  readonly addressing?: 'virtual' | 'path' | undefined
  /** What uploads are checked by. @defaultValue 'MD5' */
  readonly checksum?: S3Checksum | undefined
  /** Whether new buckets are told their region. @defaultValue false */
  readonly tellsLocation?: boolean | undefined
  /** Whether names in lists are to be asked for as they are: some encode them in ways of their own. @defaultValue false */
  readonly listsPlain?: boolean | undefined
  /** The most parts of an upload. @defaultValue 10000 */
  readonly mostParts?: number | undefined
  /** Whether objects of any size are copied in one request. @defaultValue false: in parts what is above 5 GiB */
  readonly copiesAtOnce?: boolean | undefined
}

/** How a store is reached. `key` is the access key's id, `secret` the secret access key. */
export interface S3Options<Region extends string = string> extends AwsOptions {
  /** Where new buckets are made, and requests go first. @defaultValue the vendor's own */
  region?: Region | undefined
  /** Where buckets stand: in the host's name, or in the path. @defaultValue the vendor's own way; 'path' with `host` */
  addressing?: 'virtual' | 'path' | undefined
  /** Bytes of a part of an upload or a download, from 5 MiB to 5 GiB. @defaultValue 8388608 */
  partSize?: number | undefined
  /** Parts under way at once: `partSize` times this is held in memory. @defaultValue 4 */
  concurrency?: number | undefined
  /** What uploads are checked by. @defaultValue what the vendor is known to have: CRC32 at AWS, else MD5 */
  checksum?: S3Checksum | undefined
  /**
   * Whether signatures cover what is uploaded, for which all of it is hashed. TLS protects it already.
   * @defaultValue true over plain HTTP, false over TLS
   */
  signPayload?: boolean | undefined
}

/** A request to a bucket, to an object in it, or to the service. */
export interface S3Spec<T = unknown> extends Omit<RequestSpec<T>, 'path' | 'origin' | 'body'> {
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  readonly body?: RequestSpec['body']
  /** A document: sent with its MD5, which the service insists on. */
  readonly xml?: string | undefined
}

const ERRORS: ErrorTable = {
  AccountProblem: PermissionDeniedError,
  AllAccessDisabled: PermissionDeniedError,
  BucketAlreadyExists: ContainerAlreadyExistsError,
  BucketAlreadyOwnedByYou: ContainerAlreadyExistsError,
  BucketNotEmpty: ContainerIsNotEmptyError,
  ConditionalRequestConflict: ConflictError,
  EntityTooLarge: InvalidRequestError,
  InvalidBucketName: InvalidContainerNameError,
  InvalidBucketState: ConflictError,
  InvalidObjectState: ConflictError,
  KeyTooLongError: InvalidRequestError,
  MethodNotAllowed: InvalidRequestError,
  NoSuchBucket: ContainerDoesNotExistError,
  NoSuchKey: ObjectDoesNotExistError,
  NoSuchUpload: NotFoundError,
  NoSuchVersion: ObjectDoesNotExistError,
  NotImplemented: NotSupportedError,
  OperationAborted: ConflictError,
  PreconditionFailed: ConflictError,
  TooManyBuckets: QuotaExceededError,
}

const ELSEWHERE = new Set([
  'AuthorizationHeaderMalformed',
  'AuthorizationQueryParametersError',
  'IllegalLocationConstraintException',
  'PermanentRedirect',
  'Redirect',
  'TemporaryRedirect',
])

/** `https://s3.eu-west-1.amazonaws.com`: https://docs.aws.amazon.com/general/latest/gr/s3.html */
export function awsEndpoint(region: string, { dualStack, fips }: S3Options): string {
  return `https://s3${fips ? '-fips' : ''}.${dualStack ? 'dualstack.' : ''}${region}.${partitionOf(region).suffix}`
}

/** Told by the signer to those who sign a body's chunks: the signature that the first of them builds on. */
export const SEED: unique symbol = Symbol('seed')
export interface Seed {
  signature: Signature | undefined
  date: Date | undefined
}

/** S3: addresses, regions of buckets, payloads. */
export class S3Connection extends AwsConnection {
  override readonly errors: ErrorTable
  protected override readonly encodesPath: boolean = false
  readonly vendor: S3Vendor
  readonly #virtual: boolean
  /** Regions that buckets were found in, where it is not the driver's. */
  readonly #regions = new Map<string, string>()
  /** Endpoints without a bucket in their names, by region. */
  readonly #endpoints = new Map<string, string>()

  constructor(driver: BaseDriver, vendor: S3Vendor) {
    const options = optionsOf<S3Options>(driver)
    const region = checkRegion(options.region ?? vendor.region ?? 'us-east-1', driver.provider)
    super(driver, { signingName: 's3', region, baseUrl: endpointOf(vendor, region, options), vendorName: vendor.name })
    const { addressing = vendor.addressing } = options
    this.vendor = vendor
    this.errors = { ...AWS_ERRORS, ...ERRORS }
    this.#virtual = (addressing ?? (options.host === undefined ? 'virtual' : 'path')) === 'virtual'
    this.#endpoints.set(region, this.origin)
  }

  /** Whether signatures cover what is uploaded: always where it could be changed on its way, unless nobody minds. */
  get signsPayload(): boolean {
    return optionsOf<S3Options>(this).signPayload ?? this.origin.startsWith('http:')
  }

  /** The region of a bucket, as far as it is known. */
  regionOf(bucket: string): string {
    return this.#regions.get(bucket) ?? this.scope.region
  }

  /** Remembers where a bucket is. */
  learn(bucket: string, region: string): void {
    if (region === this.scope.region) this.#regions.delete(bucket)
    else this.#regions.set(bucket, checkRegion(region, this.provider))
  }

  /** Where a bucket's requests go, and what their paths begin with. */
  place(bucket: string | undefined, key: string | undefined): { origin: string; path: string } {
    if (bucket === undefined) return { origin: this.origin, path: '/' }
    checkBucket(bucket, this.provider)
    if (key !== undefined) checkKey(key, this.provider)
    const object = key === undefined ? '' : slashed(key).text
    const origin = this.#endpoint(this.regionOf(bucket))
    if (this.#isVirtual(bucket)) return { origin: origin.replace('//', `//${bucket}.`), path: `/${object}` }
    return { origin, path: key === undefined ? `/${bucket}` : `/${bucket}/${object}` }
  }

  /** Over TLS no bucket with dots can be in a host's name: no certificate is good for it. */
  #isVirtual(bucket: string): boolean {
    return this.#virtual && isHostLabel(bucket)
  }

  #endpoint(region: string): string {
    const known = this.#endpoints.get(region)
    if (known !== undefined) return known
    const options = optionsOf<S3Options>(this)
    // A host that the caller gave is the same for all regions.
    const url = new URL(options.host === undefined ? endpointOf(this.vendor, region, options) : this.origin)
    if (options.secure === false) url.protocol = 'http:'
    if (options.port !== undefined) url.port = String(options.port)
    this.#endpoints.set(region, url.origin)
    return url.origin
  }

  #complete<T>({ bucket, key, xml, ...spec }: S3Spec<T>): RequestSpec<T> {
    const { origin, path } = this.place(bucket, key)
    const document =
      xml === undefined
        ? {}
        : {
            body: xml,
            headers: {
              ...spec.headers,
              'content-type': 'application/xml',
              'content-md5': createHash('md5').update(xml).digest('base64'),
            },
          }
    return { redirect: 'error', ...spec, ...document, origin, path }
  }

  /** Sends a request and reads its reply. */
  ask<T = unknown>(spec: S3Spec<T>, options?: CallOptions): Promise<Reply<T>> {
    return this.request(this.#complete(spec), options)
  }

  /** Sends a request and hands over its reply as it comes. */
  open(spec: S3Spec, options?: CallOptions): Promise<Reply<Readable>> {
    return this.stream(this.#complete(spec), options)
  }

  protected override signWith(credentials: AwsCredentials, request: OutgoingRequest, options: CallOptions): void {
    const { headers } = request
    const region = this.#regions.size === 0 ? this.scope.region : this.#redirect(request)
    const payloadHash = headers['x-amz-content-sha256'] ?? this.payloadHash(request)
    headers['x-amz-content-sha256'] = payloadHash
    const date = this.now()
    const scope = region === this.scope.region ? this.scope : { service: this.scope.service, region }
    const signature = signHeaders(request, credentials, scope, { date, payloadHash, encodesPath: false })
    if (payloadHash === STREAMING_SIGNED || payloadHash === STREAMING_SIGNED_TRAILER) {
      const seed = (options as { [SEED]?: Seed })[SEED]
      if (seed !== undefined) Object.assign(seed, { signature, date })
    }
  }

  /** Where a bucket is found elsewhere than its request was going, as is known by now, it goes there. Tells the region. */
  #redirect(request: OutgoingRequest): string {
    const bucket = this.#bucketOf(request)
    if (bucket === undefined) return this.scope.region
    const { origin } = this.place(bucket, undefined)
    if (origin !== request.origin) {
      request.origin = origin
      request.headers['host'] = origin.slice(origin.indexOf('//') + 2)
    }
    return this.regionOf(bucket)
  }

  /** Documents are always signed; of what is uploaded it is told beforehand. */
  protected override payloadHash(request: OutgoingRequest): string {
    return request.body instanceof Uint8Array ? UNSIGNED_PAYLOAD : super.payloadHash(request)
  }

  #bucketOf({ origin, target }: Pick<OutgoingRequest, 'origin' | 'target'>): string | undefined {
    for (const endpoint of this.#endpoints.values()) {
      if (endpoint !== origin) continue
      const [first = ''] = target.slice(1).split(/[/?]/)
      return first === '' ? undefined : decodeURIComponent(first)
    }
    return /^https?:\/\/([^.]+)\./.exec(origin)?.[1]
  }

  override mend(error: LibcloudError, refusal: Refusal, options: CallOptions): boolean | Promise<boolean> {
    return this.#findRegion(error, refusal) || super.mend(error, refusal, options)
  }

  /** Takes note of the region that the bucket is said to be in: true where it is another one. */
  #findRegion({ providerCode }: LibcloudError, { status, headers, request, text }: Refusal): boolean {
    const bucket = this.#bucketOf(request)
    // A host of the caller's own is asked as it is.
    if (bucket === undefined || optionsOf(this).host !== undefined) return false
    const redirected = status === 301 || status === 307 || status === 400
    if (!(redirected && (providerCode === undefined || ELSEWHERE.has(providerCode)))) return false
    const region =
      headers['x-amz-bucket-region'] ??
      /<Region>([a-z0-9-]+)<\/Region>/.exec(text)?.[1] ??
      /s3[.-](?:dualstack\.)?([a-z0-9-]+)\.amazonaws\.com/.exec(headers['location'] ?? text)?.[1]
    if (region === undefined || region === this.regionOf(bucket) || !/^[a-z0-9-]{2,63}$/.test(region)) return false
    this.learn(bucket, region)
    return true
  }

  /** An address with a signature in its query. */
  async signedUrl(
    { method, bucket, key, query, headers = {} }: SignedUrlSpec,
    expires: number,
    options: CallOptions = {},
  ): Promise<string> {
    options.signal?.throwIfAborted()
    const credentials = await this.credentials()
    const { origin, path } = this.place(bucket, key)
    const host = origin.slice(origin.indexOf('//') + 2)
    const request = { method, target: path + queryString(query), headers: { host, ...headers } }
    const scope = { service: this.scope.service, region: this.regionOf(bucket) }
    const signing = { date: this.now(), payloadHash: UNSIGNED_PAYLOAD, encodesPath: false, expires }
    return origin + presign(request, credentials, scope, signing)
  }

  /** What is said of arguments that this library refuses. */
  refuse(argument: string, allowed: string, options?: CallOptions): never {
    const operation = operationOf(options)
    const message = `${operation ?? 'storage'}: '${argument}' must be ${allowed}`
    throw new InvalidRequestError(message, { provider: this.provider, operation, argument, allowed })
  }
}

/** What an address is for. */
export interface SignedUrlSpec {
  readonly method: 'GET' | 'PUT'
  readonly bucket: string
  readonly key: string
  readonly query?: QueryValues | undefined
  /** Those that the request must carry. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

function endpointOf({ endpoint, endpoints }: S3Vendor, region: string, options: S3Options): string {
  const own = endpoints !== undefined && Object.hasOwn(endpoints, region) ? endpoints[region] : undefined
  if (own !== undefined) return own
  return endpoint === undefined ? awsEndpoint(region, options) : endpoint.replace('{region}', region)
}
