import { optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import {
  ConflictError,
  ContainerAlreadyExistsError,
  ContainerDoesNotExistError,
  InvalidContainerNameError,
  InvalidCredentialsError,
  InvalidRequestError,
  type LibcloudError,
  ObjectDoesNotExistError,
  PermissionDeniedError,
  RateLimitError,
} from '../../lib/errors.js'
import { Connection } from '../../lib/http/connection.js'
import type { ErrorTable, ProviderProblem } from '../../lib/http/errors.js'
import type { OutgoingRequest, Refusal, ReplyHead } from '../../lib/http/message.js'
import { EncodedPath, encode } from '../../lib/http/url.js'
import { XmlReader, xml } from '../../lib/http/xml.js'
import type { CallOptions } from '../../lib/options.js'
import { problemOf } from './arm.problem.js'
import { AzureCredentials } from './credentials.js'
import { type AzureSignInOptions, azureOptions, BLOBS_CREDENTIALS, checkForms, cloudOf } from './options.js'
import { type SharedKey, signSharedKey } from './storage.shared-key.js'

/**
 * `key` is the storage account's name, `secret` one of its two keys. In place of `secret`: `sasToken`, `token`, or whoever is
 * signed in with Microsoft Entra: a service principal, the machine's identity, or the user of `az`.
 */
export interface AzureBlobsOptions extends AzureSignInOptions {
  /** A shared access signature, with or without its `?`. */
  sasToken?: string | undefined
  /** The client id of a service principal, or of a managed identity where there are several. */
  clientId?: string | undefined
  /** The service principal's secret. */
  clientSecret?: string | undefined
  /** Whether the account's name begins the path instead of the host: emulators. @defaultValue true with `host`, an address */
  pathStyle?: boolean | undefined
  /** Bytes of a block of what is uploaded. @defaultValue 8388608 (8 MiB) */
  blockSize?: number | undefined
  /** Blocks that are sent at once. @defaultValue 4 */
  concurrency?: number | undefined
}

/** What is given by hand is not to be outdone by what the environment has: not by an account's key, and not by a secret. */
export function blobsOptions(options: AzureBlobsOptions): AzureBlobsOptions {
  if (typeof options !== 'object' || options === null) return options
  const given = { ...azureOptions(options, 'azure_blobs', 'clientSecret') }
  const { clientSecret, certificate, federatedTokenFile, token } = options
  const signsIn = [clientSecret, certificate, federatedTokenFile, token].some(each => each !== undefined)
  const ways = [given.secret, given.sasToken].some(each => each !== undefined)
  if (ways || signsIn) {
    given.secret ??= ''
    given.sasToken ??= ''
  }
  return given
}

const ERRORS: ErrorTable = {
  AccountBeingCreated: ConflictError,
  AuthenticationFailed: InvalidCredentialsError,
  AuthorizationFailure: PermissionDeniedError,
  AuthorizationPermissionMismatch: PermissionDeniedError,
  BlobNotFound: ObjectDoesNotExistError,
  ContainerAlreadyExists: ContainerAlreadyExistsError,
  ContainerBeingDeleted: ConflictError,
  ContainerNotFound: ContainerDoesNotExistError,
  InvalidAuthenticationInfo: InvalidCredentialsError,
  InvalidResourceName: InvalidContainerNameError,
  invalid_client: InvalidCredentialsError,
  invalid_grant: InvalidCredentialsError,
  invalid_request: InvalidCredentialsError,
  invalid_scope: InvalidCredentialsError,
  unauthorized_client: InvalidCredentialsError,
  NoAuthenticationInformation: InvalidCredentialsError,
  ServerBusy: RateLimitError,
}

/** https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api */
export class AzureBlobsConnection extends Connection {
  override readonly errors: ErrorTable = ERRORS
  override readonly headers: Readonly<Record<string, string>>
  readonly account: string
  readonly version: string
  /** What all paths begin with: nothing, or the account's name. */
  readonly root: string
  readonly #credentials: AzureCredentials

  constructor(driver: BaseDriver) {
    const options = optionsOf<AzureBlobsOptions>(driver)
    const { key, secret, host, pathStyle, apiVersion, clientId, clientSecret } = options
    const { provider } = driver
    const account = key ?? ''
    if (!/^[a-z0-9]{3,24}$/.test(account)) {
      const allowed = 'the name of a storage account: 3 to 24 lower-case letters and digits'
      throw new InvalidCredentialsError(`No credentials for '${provider}': 'key' must be ${allowed}`, { provider })
    }
    checkForms(options, provider)
    if (secret && Buffer.from(secret, 'base64').length < 16) {
      const message = `Bad credentials for '${provider}': 'secret' must be an account's key, in base64`
      throw new InvalidCredentialsError(message, { provider })
    }
    const baseUrl = `https://${account}.blob.${cloudOf(options).storage}`
    super(driver, { baseUrl, meta: { name: 'Microsoft Azure', credentials: BLOBS_CREDENTIALS } })
    this.account = account
    this.version = apiVersion ?? '2026-06-06'
    this.headers = { accept: 'application/xml', 'x-ms-version': this.version }
    const resource = 'https://storage.azure.com'
    this.#credentials = new AzureCredentials(this, { clientId, clientSecret, resource })
    this.root = (pathStyle ?? (host !== undefined && /^[\d.]+$|^\[|^localhost$/.test(host))) ? `/${account}` : ''
  }

  /** The account's key, where it was given. */
  get sharedKey(): SharedKey | undefined {
    const { secret } = optionsOf<AzureBlobsOptions>(this)
    return secret ? { account: this.account, key: secret } : undefined
  }

  override sign(request: OutgoingRequest, options: CallOptions): void | Promise<void> {
    const { sasToken } = optionsOf<AzureBlobsOptions>(this)
    const { sharedKey } = this
    request.headers['x-ms-date'] = new Date().toUTCString()
    if (sharedKey !== undefined) return signSharedKey(request, sharedKey)
    if (!sasToken) return this.#credentials.sign(request, options)
    const query = sasToken.replace(/^\?/, '')
    request.target += `${request.target.includes('?') ? '&' : '?'}${query}`
  }

  override mend(error: LibcloudError, refusal: Refusal, options: CallOptions): boolean | Promise<boolean> {
    if (this.sharedKey !== undefined || optionsOf<AzureBlobsOptions>(this).sasToken) return false
    return this.#credentials.mend(error, refusal, options)
  }

  /** Where a container, or a blob in it, is. */
  pathOf(container: string, blob?: string): string {
    const at = `${this.root}/${encode(container)}`
    return blob === undefined ? at : `${at}/${blobPath(blob).text}`
  }

  override problem(text: string, { headers }: ReplyHead): ProviderProblem {
    const code = headers['x-ms-error-code']
    // Of the exchange of tokens.
    if (code === undefined && text.trimStart().startsWith('{')) return problemOf(text)
    if (!text.trimStart().startsWith('<')) return { code, message: text.trim().slice(0, 300) || undefined }
    const reader = new XmlReader(xml.element)
    reader.write(Buffer.from(text))
    const root = reader.end()
    const [message] = (root.child('Message')?.text ?? '').split('\n')
    const detail = root.child('AuthenticationErrorDetail')?.text
    return { code: code ?? root.child('Code')?.text, message: [message, detail].filter(Boolean).join(' ') }
  }
}

/**
 * A blob's name as part of a path. Dots at the end of a part would be resolved away, also encoded ones, and a backslash is
 * taken for a slash: another blob would be meant.
 * @see https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
 */
function blobPath(name: string): EncodedPath {
  const parts = name.split('/')
  const bad = parts.some(part => part === '.' || part === '..' || part.endsWith('.'))
  if (name === '' || name.length > 1024 || parts.length > 254 || bad || /[\0\\]/.test(name) || !name.isWellFormed()) {
    const allowed = "1 to 1,024 characters in at most 254 parts, of which none ends with a dot, without '\\' and NUL"
    throw new InvalidRequestError(`A blob's name must be ${allowed}`, { argument: 'objectName', allowed })
  }
  return new EncodedPath(parts.map(encode).join('/'))
}

/** Refuses what cannot be a container's name. */
export function checkContainerName(name: string, provider: string): void {
  if (
    name === '$root' ||
    name === '$web' ||
    (/^[a-z0-9](-?[a-z0-9])*$/.test(name) && name.length >= 3 && name.length <= 63)
  )
    return
  const allowed = '3 to 63 lower-case letters, digits and single hyphens between them'
  throw new InvalidContainerNameError(`A container's name must be ${allowed}`, {
    provider,
    argument: 'containerName',
    allowed,
  })
}
