import type { Readable } from 'node:stream'
import { optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import {
  ConflictError,
  InvalidCredentialsError,
  InvalidRequestError,
  type LibcloudError,
  type LibcloudErrorClass,
  NotFoundError,
  PermissionDeniedError,
  QuotaExceededError,
  RateLimitError,
  ServiceError,
} from '../../lib/errors.js'
import { expectFailure } from '../../lib/http/body.js'
import { Connection } from '../../lib/http/connection.js'
import type { ErrorTable, ProviderProblem } from '../../lib/http/errors.js'
import type { OutgoingRequest, Refusal, Reply, ReplyHead, RequestSpec } from '../../lib/http/message.js'
import type { XmlItemOptions, XmlLimits } from '../../lib/http/xml.js'
import * as xml from '../../lib/http/xml-shape.js'
import type { CallOptions, DriverOptions } from '../../lib/options.js'
import { type CredentialProvider, credentialProvider } from './credentials.js'
import { checkRegion } from './regions.js'
import type { AwsCredentials, SigningScope } from './signature.js'
import { aws } from './vendor.js'

/**
 * `key` is the access key's id, `secret` the secret access key. Without them the usual places are asked in the usual
 * order: environment, web identity, the profile in `~/.aws`, container, instance.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export interface AwsOptions extends DriverOptions {
  /** Of `~/.aws/config` and `~/.aws/credentials`: where credentials and region come from, in place of the environment's. */
  profile?: string | undefined
  /** Of temporary credentials. */
  sessionToken?: string | undefined
  /** Uses hosts that have IPv6 addresses too. @defaultValue false */
  dualStack?: boolean | undefined
  /** Uses hosts with FIPS 140 validated cryptography. @defaultValue false */
  fips?: boolean | undefined
}

/** One service of AWS. */
export interface AwsService {
  /** Its name in signatures. */
  readonly signingName: string
  /** Where it is signed for. */
  readonly region: string
  /** `https://ec2.eu-west-1.amazonaws.com` */
  readonly baseUrl: string
  /** Of another vendor that speaks the same protocol. @defaultValue that of AWS */
  readonly vendorName?: string | undefined
}

/** The codes that all services share. */
export const AWS_ERRORS: ErrorTable = {
  AccessDenied: PermissionDeniedError,
  AccessDeniedException: PermissionDeniedError,
  AuthFailure: InvalidCredentialsError,
  ExpiredToken: InvalidCredentialsError,
  ExpiredTokenException: InvalidCredentialsError,
  IncompleteSignature: InvalidCredentialsError,
  InvalidAccessKeyId: InvalidCredentialsError,
  InvalidClientTokenId: InvalidCredentialsError,
  InvalidToken: InvalidCredentialsError,
  MissingAuthenticationToken: InvalidCredentialsError,
  OptInRequired: PermissionDeniedError,
  RequestExpired: InvalidCredentialsError,
  RequestLimitExceeded: RateLimitError,
  RequestTimeTooSkewed: InvalidCredentialsError,
  SignatureDoesNotMatch: InvalidCredentialsError,
  SlowDown: RateLimitError,
  Throttling: RateLimitError,
  ThrottlingException: RateLimitError,
  UnauthorizedOperation: PermissionDeniedError,
  UnrecognizedClientException: InvalidCredentialsError,
  InsufficientInstanceCapacity: ServiceError,
}

/** Codes that follow a pattern: `InvalidVolume.NotFound`, `InvalidGroup.Duplicate`, `InstanceLimitExceeded`. */
const PATTERNS: readonly (readonly [RegExp, LibcloudErrorClass])[] = [
  [/NotFound$|^NoSuch/, NotFoundError],
  [/Duplicate|AlreadyExists|InUse$|^IncorrectState|^DependencyViolation$|^Incorrect\w*State$/, ConflictError],
  [/LimitExceeded$|^TooMany/, QuotaExceededError],
  [/^Invalid|^Missing|^Malformed|^Unsupported|^ValidationError$/, InvalidRequestError],
]

/** What says that the clocks differ, or may differ. */
const SKEWED = new Set(['RequestTimeTooSkewed', 'RequestExpired', 'InvalidSignatureException', 'SignatureDoesNotMatch'])
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired'])
/** Milliseconds by which clocks may differ before signatures are refused. */
const TOLERANCE = 4 * 60_000

type Engine = typeof import('./signature.js') & typeof import('../../lib/http/xml.js')
// What only requests need, loaded at the first: cryptography, and the reader of replies.
let engine: Engine | undefined
async function load(): Promise<void> {
  const [signature, reader] = await Promise.all([import('./signature.js'), import('../../lib/http/xml.js')])
  engine = { ...signature, ...reader }
}
function loaded(): Engine {
  if (engine === undefined) throw new TypeError('No request has been made yet')
  return engine
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
export class AwsConnection extends Connection {
  override readonly errors: ErrorTable = AWS_ERRORS
  override readonly headers: Readonly<Record<string, string>> = {}
  readonly scope: SigningScope
  /** Of S3, which takes paths as they are. */
  protected readonly encodesPath: boolean = true
  readonly #provider: CredentialProvider
  /** Milliseconds by which the service's clock is ahead of ours. */
  #skew = 0
  #used: AwsCredentials | undefined

  constructor(driver: BaseDriver, { signingName, region, baseUrl, vendorName = aws.name }: AwsService) {
    super(driver, { baseUrl, meta: { ...aws, name: vendorName } })
    this.scope = { service: signingName, region: checkRegion(region, this.provider) }
    this.#provider = credentialProvider(optionsOf<AwsOptions>(this), this)
  }

  /** The time on the service's clock. */
  now(): Date {
    return new Date(Date.now() + this.#skew)
  }

  /** What to sign with now. */
  credentials(options: CallOptions = {}): AwsCredentials | Promise<AwsCredentials> {
    const known = this.#provider.current()
    if (known !== undefined) return this.#use(known)
    return this.#provider.fetch(options).then(fetched => this.#use(fetched))
  }

  #use(credentials: AwsCredentials): AwsCredentials {
    if (credentials !== this.#used) {
      this.#used = credentials
      this.conceal(credentials.secret)
      if (credentials.sessionToken !== undefined) this.conceal(credentials.sessionToken)
    }
    return credentials
  }

  override async request<T = unknown>(spec: RequestSpec<T>, options?: CallOptions): Promise<Reply<T>> {
    expectFailure(spec.body)
    if (engine === undefined) await load()
    return super.request(spec, options)
  }

  override async stream(spec: RequestSpec, options?: CallOptions): Promise<Reply<Readable>> {
    if (engine === undefined) await load()
    return super.stream(spec, options)
  }

  override sign(request: OutgoingRequest, options: CallOptions): void | Promise<void> {
    const credentials = this.credentials(options)
    if (credentials instanceof Promise) return credentials.then(fetched => this.signWith(fetched, request, options))
    this.signWith(credentials, request, options)
  }

  /** Signs by headers. */
  protected signWith(credentials: AwsCredentials, request: OutgoingRequest, _options: CallOptions): void {
    const { encodesPath } = this
    const payloadHash = this.payloadHash(request)
    loaded().signHeaders(request, credentials, this.scope, { date: this.now(), payloadHash, encodesPath })
  }

  /** What stands for the payload in the signature. */
  protected payloadHash({ body }: OutgoingRequest): string {
    const { EMPTY_HASH, sha256, UNSIGNED_PAYLOAD } = loaded()
    if (body === undefined) return EMPTY_HASH
    return body === null ? UNSIGNED_PAYLOAD : sha256(body)
  }

  override mend(error: LibcloudError, refusal: Refusal, _options: CallOptions): boolean | Promise<boolean> {
    const code = error.providerCode ?? ''
    if (EXPIRED.has(code)) return this.#used !== undefined && this.#provider.renew(this.#used)
    // What is refused of a HEAD is told by no code.
    const skewed = SKEWED.has(code) || (code === '' && refusal.status === 403)
    return skewed && this.#setClock(refusal)
  }

  /** Takes the service's clock for ours, where they differ by more than signatures allow. */
  #setClock({ headers }: Refusal): boolean {
    const theirs = Date.parse(headers['date'] ?? '')
    if (Number.isNaN(theirs) || Math.abs(theirs - this.now().getTime()) < TOLERANCE) return false
    this.#skew = theirs - Date.now()
    return true
  }

  override read(body: Buffer, _reply: ReplyHead): unknown {
    return body.length === 0 ? undefined : readXml(xml.element)(body)
  }

  override problem(text: string, reply: ReplyHead): ProviderProblem {
    if (!text.trimStart().startsWith('<')) return super.problem(text, reply)
    const root = readXml(xml.element)(Buffer.from(text))
    const error = root.child('Error') ?? root.child('Errors')?.child('Error') ?? root
    const code = error.child('Code')?.text
    const known =
      code === undefined || Object.hasOwn(this.errors, code) ? undefined : PATTERNS.find(([codes]) => codes.test(code))
    return {
      code,
      message: error.child('Message')?.text,
      requestId: (root.child('RequestId') ?? root.child('RequestID') ?? error.child('RequestId'))?.text,
      // Of a 404 the request's own table knows more.
      likelyClass: reply.status < 500 ? known?.[1] : undefined,
    }
  }
}

/** Reads a reply by a shape. Of a long list, the items can be taken as they are read: they are not in the reply then. */
export function readXml<T>(shape: xml.XmlShape<T>, limits?: XmlLimits, items?: XmlItemOptions): (body: Buffer) => T {
  return body => {
    const reader = new (loaded().XmlReader)(shape, limits, items)
    reader.write(body)
    return reader.end()
  }
}
