import type { CredentialSource } from '../../lib/credentials.js'
import { InvalidRequestError } from '../../lib/errors.js'
import type { DriverOptions } from '../../lib/options.js'

/** A cloud of its own: it has its own accounts, sign-in and addresses. */
export type AzureCloud = 'public' | 'china' | 'usGovernment'

interface CloudAddresses {
  readonly login: string
  readonly management: string
  /** What the names of storage accounts end with. */
  readonly storage: string
}
/** https://learn.microsoft.com/azure/developer/identity/authentication-national-cloud */
export const CLOUDS: Readonly<Record<AzureCloud, CloudAddresses>> = {
  public: {
    login: 'https://login.microsoftonline.com',
    management: 'https://management.azure.com',
    storage: 'core.windows.net',
  },
  china: {
    login: 'https://login.partner.microsoftonline.cn',
    management: 'https://management.chinacloudapi.cn',
    storage: 'core.chinacloudapi.cn',
  },
  usGovernment: {
    login: 'https://login.microsoftonline.us',
    management: 'https://management.usgovcloudapi.net',
    storage: 'core.usgovcloudapi.net',
  },
}

/** How one signs in with Microsoft Entra: the same for all of Azure's services. */
export interface AzureSignInOptions extends DriverOptions {
  /** The directory's id or domain. */
  tenantId?: string | undefined
  /** Certificate and private key of the service principal, in PEM: the text, or the path of a file. */
  certificate?: string | undefined
  /** Opens the certificate's private key. */
  certificatePassword?: string | undefined
  /** The path of a file with a token of another issuer that the service principal trusts: workload identity federation. */
  federatedTokenFile?: string | undefined
  /** An access token, or a function that gets one that is good now. Nothing else is asked then. */
  token?: string | (() => string | Promise<string>) | undefined
  /** @defaultValue the one that `authority` belongs to, or `'public'` */
  cloud?: AzureCloud | undefined
  /** Where tokens are given: `https://login.microsoftonline.com`. @defaultValue the cloud's */
  authority?: string | undefined
}

/**
 * How a driver of Azure's resource manager is made. `key` is the client id of a service principal, or of a managed identity
 * where there are several, and `secret` the service principal's. Where nothing is given, the usual places are asked, in
 * the order of Azure's own libraries: the environment, the identity of the machine, and `az`.
 *
 * @see https://learn.microsoft.com/azure/developer/intro/authentication-overview
 */
export interface AzureOptions extends AzureSignInOptions {
  /** The subscription's id. @defaultValue the one that `az` has chosen */
  subscriptionId?: string | undefined
  /** The resource group that is meant where none is said, and that new resources go to. */
  resourceGroup?: string | undefined
}

const SIGN_IN: readonly CredentialSource[] = [
  { option: 'tenantId', env: ['AZURE_TENANT_ID'], required: false, secret: false },
  { option: 'certificate', env: ['AZURE_CLIENT_CERTIFICATE_PATH'], required: false },
  { option: 'certificatePassword', env: ['AZURE_CLIENT_CERTIFICATE_PASSWORD'], required: false },
  { option: 'federatedTokenFile', env: ['AZURE_FEDERATED_TOKEN_FILE'], required: false, secret: false },
  { option: 'token', required: false, secret: false },
  { option: 'cloud', required: false, secret: false },
  { option: 'authority', env: ['AZURE_AUTHORITY_HOST'], required: false, secret: false },
]

/** What drivers of the resource manager take. */
export const ARM_CREDENTIALS: readonly CredentialSource[] = [
  { option: 'key', env: ['AZURE_CLIENT_ID'], required: false, secret: false },
  { option: 'secret', env: ['AZURE_CLIENT_SECRET'], required: false },
  ...SIGN_IN,
  { option: 'subscriptionId', env: ['AZURE_SUBSCRIPTION_ID'], required: false, secret: false },
  { option: 'resourceGroup', env: ['AZURE_DEFAULTS_GROUP'], required: false, secret: false },
  { option: 'region', env: ['AZURE_DEFAULTS_LOCATION'], required: false, secret: false },
]

/** What Azure Blobs takes. */
export const BLOBS_CREDENTIALS: readonly CredentialSource[] = [
  { option: 'key', env: ['AZURE_STORAGE_ACCOUNT'], required: false, secret: false },
  { option: 'secret', env: ['AZURE_STORAGE_KEY', 'AZURE_STORAGE_ACCESS_KEY'], required: false },
  { option: 'sasToken', env: ['AZURE_STORAGE_SAS_TOKEN'], required: false },
  { option: 'clientId', env: ['AZURE_CLIENT_ID'], required: false, secret: false },
  { option: 'clientSecret', env: ['AZURE_CLIENT_SECRET'], required: false },
  ...SIGN_IN,
  { option: 'pathStyle', required: false, secret: false },
  { option: 'blockSize', required: false, secret: false },
  { option: 'concurrency', required: false, secret: false },
]

/** All of them, each once: what the vendor's page tells. */
export function allCredentials(): CredentialSource[] {
  const all = new Map<string, CredentialSource>()
  for (const source of [...ARM_CREDENTIALS, ...BLOBS_CREDENTIALS]) {
    const known = all.get(source.option)
    all.set(source.option, {
      ...source,
      ...(known?.env && { env: [...new Set([...known.env, ...(source.env ?? [])])] }),
    })
  }
  return [...all.values()]
}

const FORMS: Readonly<Record<string, readonly [RegExp, string]>> = {
  tenantId: [/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/, "a directory's id or domain"],
  subscriptionId: [
    /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/,
    "a subscription's id, such as '01234567-89ab-cdef-0123-456789abcdef'",
  ],
  resourceGroup: [/^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$/u, "a resource group's name"],
  cloud: [/^(?:public|china|usGovernment)$/, "'public', 'china' or 'usGovernment'"],
  authority: [
    /^(?:https?:\/\/)?[A-Za-z0-9.:-]+\/?$/,
    "the address of a sign-in service, such as 'https://login.microsoftonline.com'",
  ],
}

/**
 * Options in which what is given by hand does not mix with what the environment has, and whose certificate stands in one line.
 * @throws InvalidRequestError for a tenant, subscription, group or cloud that cannot be one.
 */
export function azureOptions<O extends AzureOptions>(
  options: O,
  provider: string,
  secretOption: 'secret' | 'clientSecret' = 'secret',
): O {
  if (typeof options !== 'object' || options === null) return options
  checkForms(options, provider)
  const given = { ...options } as Record<string, unknown>
  const ways = [secretOption, 'certificate', 'federatedTokenFile', 'token']
  // What is given by hand is not to be outdone by what happens to be in the environment.
  if (ways.some(each => given[each] !== undefined)) for (const way of ways) given[way] ??= ''
  const { certificate } = options
  if (typeof certificate === 'string' && certificate.includes('-----BEGIN '))
    given['certificate'] = certificate.trim().replace(/\r?\n/g, '\\n')
  return given as O
}

/** @throws InvalidRequestError for what the environment has in place of a tenant, subscription, group or cloud. */
export function checkForms(options: AzureOptions, provider: string): void {
  for (const [argument, [form, allowed]] of Object.entries(FORMS)) {
    const value = (options as Readonly<Record<string, unknown>>)[argument]
    if (value === undefined || value === '' || (typeof value === 'string' && form.test(value))) continue
    throw new InvalidRequestError(`'${argument}' must be ${allowed}`, { provider, argument, allowed })
  }
}

/** The cloud that is meant, and its addresses. */
export function cloudOf({ cloud, authority }: AzureSignInOptions): CloudAddresses {
  const host = authority?.replace(/^https?:\/\//, '').replace(/\/$/, '')
  const at =
    host === undefined || host === '' ? undefined : `${/^http:/.test(authority ?? '') ? 'http' : 'https'}://${host}`
  const known = /(?:\.cn)$/.test(host ?? '') ? 'china' : /\.us$/.test(host ?? '') ? 'usGovernment' : 'public'
  const addresses = CLOUDS[cloud || known]
  return at === undefined ? addresses : { ...addresses, login: at }
}
