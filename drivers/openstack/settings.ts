import { InvalidCredentialsError, InvalidRequestError } from '../../lib/errors.js'
import { interfaceName } from './catalog.js'
import { envCloud, type FileCloud, fileCloud } from './clouds.js'
import type { OpenStackAuthType, OpenStackOptions, OpenStackScope } from './options.js'

/** All that is known of how to reach a cloud, whoever told it. */
export interface Settings {
  readonly authType: OpenStackAuthType
  /** Without its version; `undefined` where a token and addresses are given and nothing is to be asked. */
  readonly authUrl: string | undefined
  readonly identityVersion: 2 | 3
  readonly key: string | undefined
  readonly secret: string | undefined
  readonly token: string | undefined
  /** An application credential that is known by its name and its user. */
  readonly credentialName: string | undefined
  readonly userId: string | undefined
  readonly userDomain: string | undefined
  readonly userDomainId: string | undefined
  readonly project: string | undefined
  readonly projectId: string | undefined
  readonly projectDomain: string | undefined
  readonly projectDomainId: string | undefined
  readonly domain: string | undefined
  readonly domainId: string | undefined
  readonly scope: OpenStackScope | undefined
  readonly trustId: string | undefined
  readonly region: string | undefined
  readonly interface: string
  readonly endpoints: Readonly<Record<string, string>>
  readonly microversions: Readonly<Record<string, string>>
  /** Of a file: what the connection's own options do not say of TLS. */
  readonly tls: FileCloud['tls']
}

/** What a vendor's row of the table says of its cloud. */
export type CloudPreset = Partial<Pick<OpenStackOptions, 'authUrl' | 'authType' | 'region' | 'endpoints' | 'domain'>>

const AUTH_TYPES: readonly OpenStackAuthType[] = ['password', 'token', 'applicationCredential', 'rackspaceApiKey']
const SCOPES: readonly OpenStackScope[] = ['project', 'domain', 'system', 'unscoped']

function refuse(argument: string, allowed: string, provider: string): never {
  throw new InvalidRequestError(`'${argument}' must be ${allowed}`, { provider, argument, allowed })
}

function oneOf(value: unknown, argument: string, allowed: readonly string[], provider: string): void {
  if (value !== undefined && !allowed.includes(value as string)) {
    refuse(argument, allowed.map(each => `'${each}'`).join(', '), provider)
  }
}

const isWeb = (text: unknown): boolean =>
  typeof text === 'string' && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

/** What is wrong with options is told when the driver is made. @throws InvalidRequestError */
export function checkOptions(options: OpenStackOptions, provider: string): void {
  const { authUrl, endpoints, microversions } = options
  oneOf(options.authType, 'authType', AUTH_TYPES, provider)
  oneOf(options.scope, 'scope', SCOPES, provider)
  oneOf(options.interface, 'interface', ['public', 'internal', 'admin'], provider)
  if (authUrl !== undefined && !isWeb(authUrl)) refuse('authUrl', 'an http or https address', provider)
  for (const [service, url] of Object.entries(endpoints ?? {})) {
    if (!isWeb(url)) refuse(`endpoints.${service}`, 'an http or https address', provider)
  }
  for (const [service, version] of Object.entries(microversions ?? {})) {
    if (!/^\d+\.\d+$/.test(String(version))) refuse(`microversions.${service}`, "like '2.60'", provider)
  }
}

/** Which of the places that can tell is listened to, beside the options. */
async function elsewhere(options: OpenStackOptions, preset: CloudPreset): Promise<FileCloud> {
  const named = options.cloud ?? undefined
  if (named !== undefined) return fileCloud(named)
  // What is given stands alone: credentials of one cloud must not go to another.
  const given = options.authUrl ?? preset.authUrl ?? (options.host === undefined ? undefined : '')
  const found = process.env['OS_CLOUD'] ? await fileCloud(process.env['OS_CLOUD']) : (envCloud() ?? undefined)
  if (given !== undefined) return found !== undefined && sameUrl(found.authUrl, given) ? found : {}
  if (options.token !== undefined && options.endpoints !== undefined) return {}
  return found ?? (await fileCloud(undefined))
}

const bare = (url: string): string => url.replace(/\/+$/, '').replace(/\/v[23](\.\d+)?$/, '')
const sameUrl = (one: string | undefined, other: string): boolean => one !== undefined && bare(one) === bare(other)

function hostUrl({ host, port = 5000, secure = true }: OpenStackOptions): string | undefined {
  return host === undefined ? undefined : `${secure ? 'https' : 'http'}://${host}:${port}`
}

/** Puts together what options, a vendor's row, a file and the environment say, in this order. */
export async function settle(options: OpenStackOptions, preset: CloudPreset, provider: string): Promise<Settings> {
  const file = await elsewhere(options, preset)
  const pick = <K extends keyof FileCloud & keyof OpenStackOptions>(name: K): string | undefined =>
    (options[name] ?? file[name]) as string | undefined
  const region = pick('region') ?? preset.region
  const told = options.authUrl ?? (options.cloud === undefined ? preset.authUrl : undefined) ?? hostUrl(options)
  const authUrl = (told ?? file.authUrl ?? preset.authUrl)?.replace('{region_name}', region ?? '')
  if (authUrl !== undefined && !isWeb(authUrl)) refuse('authUrl', 'an http or https address', provider)
  const token = pick('token')
  const { endpoints = {}, microversions = {} } = options
  if (authUrl === undefined && (token === undefined || Object.keys(endpoints).length === 0)) {
    const message = `No credentials for '${provider}': no 'authUrl' is given as an option, in clouds.yaml, or as OS_AUTH_URL.`
    throw new InvalidCredentialsError(message, { provider })
  }
  return {
    // A token that is given needs no other proof, whatever the vendor's row says.
    authType: options.authType ?? file.authType ?? (token === undefined ? (preset.authType ?? 'password') : 'token'),
    authUrl: authUrl && bare(authUrl),
    identityVersion: file.identityVersion === 2 || /\/v2(\.0)?\/*$/.test(authUrl ?? '') ? 2 : 3,
    key: options.key ?? file.key,
    secret: options.secret ?? file.secret,
    token,
    credentialName: options.key === undefined ? file.credentialName : undefined,
    ...owners(options, file, preset),
    scope: options.scope ?? file.scope,
    trustId: pick('trustId'),
    region,
    interface: interfaceName(options.interface ?? file.interface ?? 'public'),
    endpoints: { ...preset.endpoints, ...file.endpoints, ...endpoints },
    microversions: { ...file.microversions, ...microversions },
    tls: file.tls,
  }
}

type Owners = Pick<
  Settings,
  | 'userId'
  | 'userDomain'
  | 'userDomainId'
  | 'project'
  | 'projectId'
  | 'projectDomain'
  | 'projectDomainId'
  | 'domain'
  | 'domainId'
>

/** Users and projects without a domain of their own belong to the domain that is given, or to that whose id is `default`. */
function owners(options: OpenStackOptions, file: FileCloud, preset: CloudPreset): Owners {
  const own = options.domain !== undefined || options.domainId !== undefined
  const domain = own ? options.domain : (file.domain ?? preset.domain)
  const given = own ? options.domainId : file.domainId
  const domainId = given ?? (domain === undefined ? 'default' : undefined)
  const within = (name: 'userDomain' | 'projectDomain'): readonly [string | undefined, string | undefined] => {
    const id = `${name}Id` as const
    if (options[name] !== undefined || options[id] !== undefined) return [options[name], options[id]]
    if (own || (file[name] === undefined && file[id] === undefined)) return [domain, domainId]
    return [file[name], file[id]]
  }
  const [userDomain, userDomainId] = within('userDomain')
  const [projectDomain, projectDomainId] = within('projectDomain')
  const ownProject = options.project !== undefined || options.projectId !== undefined
  return {
    userId: options.userId ?? (options.key === undefined ? file.userId : undefined),
    userDomain,
    userDomainId,
    project: ownProject ? options.project : file.project,
    projectId: ownProject ? options.projectId : file.projectId,
    projectDomain,
    projectDomainId,
    domain,
    domainId,
  }
}
