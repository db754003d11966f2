import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { InvalidRequestError } from '../../lib/errors.js'
import type { OpenStackAuthType, OpenStackScope } from './options.js'

// Reads what openstacksdk reads: https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html

/** What a file, or the environment, says of one cloud. */
export interface FileCloud {
  readonly authType?: OpenStackAuthType | undefined
  readonly authUrl?: string | undefined
  readonly identityVersion?: 2 | 3 | undefined
  readonly key?: string | undefined
  readonly secret?: string | undefined
  readonly token?: string | undefined
  readonly credentialName?: string | undefined
  readonly userId?: string | undefined
  readonly userDomain?: string | undefined
  readonly userDomainId?: string | undefined
  readonly project?: string | undefined
  readonly projectId?: string | undefined
  readonly projectDomain?: string | undefined
  readonly projectDomainId?: string | undefined
  readonly domain?: string | undefined
  readonly domainId?: string | undefined
  readonly scope?: OpenStackScope | undefined
  readonly trustId?: string | undefined
  readonly region?: string | undefined
  readonly interface?: string | undefined
  readonly endpoints?: Readonly<Record<string, string>> | undefined
  readonly microversions?: Readonly<Record<string, string>> | undefined
  readonly tls?:
    | { readonly verify?: boolean; readonly ca?: string; readonly cert?: string; readonly key?: string }
    | undefined
}

type Raw = Readonly<Record<string, unknown>>
const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value)

function refuse(argument: string, allowed: string): never {
  throw new InvalidRequestError(`'${argument}' must be ${allowed}`, { argument, allowed })
}

const AUTH_TYPES: Readonly<Record<string, OpenStackAuthType>> = {
  password: 'password',
  v3password: 'password',
  v2password: 'password',
  token: 'token',
  v3token: 'token',
  v2token: 'token',
  admin_token: 'token',
  token_endpoint: 'token',
  v3applicationcredential: 'applicationCredential',
  rackspace_apikey: 'rackspaceApiKey',
}

function authTypeOf(value: string | undefined, id: unknown): OpenStackAuthType | undefined {
  if (value === undefined) return id === undefined ? undefined : 'applicationCredential'
  return AUTH_TYPES[value] ?? refuse('auth_type', `one of ${Object.keys(AUTH_TYPES).join(', ')}`)
}

/** Text, also where the file has a number; nothing where it has nothing. */
const text = (value: unknown): string | undefined =>
  value === undefined || value === null || value === '' || typeof value === 'object' ? undefined : String(value)

/** Members stand in `auth` or beside it, with `-` or `_`. */
function flatten(cloud: Raw): Raw {
  const flat: Record<string, unknown> = {}
  const take = (from: Raw): void => {
    for (const [name, value] of Object.entries(from)) flat[name.replaceAll('-', '_')] = value
  }
  take(cloud)
  if (isRaw(cloud['auth'])) take(cloud['auth'])
  return flat
}

const SERVICE_NAMES: Readonly<Record<string, string>> = {
  volumev3: 'block-storage',
  volume: 'block-storage',
  block_storage: 'block-storage',
  block_store: 'block-storage',
  object_store: 'object-store',
  load_balancer: 'load-balancer',
}

function perService(flat: Raw, ending: RegExp, allowed: RegExp): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of Object.entries(flat)) {
    const service = ending.exec(name)?.[1]
    const said = text(value)
    if (service !== undefined && said !== undefined && allowed.test(said)) {
      found[SERVICE_NAMES[service] ?? service.replaceAll('_', '-')] = said
    }
  }
  return found
}

function tlsOf(flat: Raw): FileCloud['tls'] {
  const insecure = flat['verify'] === false || flat['insecure'] === true || text(flat['insecure']) === 'true'
  const [ca, cert, key] = ['cacert', 'cert', 'key'].map(name => text(flat[name]))
  if (!insecure && ca === undefined && cert === undefined) return undefined
  return {
    ...(insecure ? { verify: false } : {}),
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
  }
}

function toCloud(cloud: Raw): FileCloud {
  const flat = flatten(cloud)
  const get = (...names: string[]): string | undefined => names.map(name => text(flat[name])).find(each => each)
  const credential = get('application_credential_id')
  const scope = get('system_scope') === undefined ? undefined : 'system'
  const domainOnly = get('domain_id', 'domain_name') !== undefined && get('project_id', 'project_name') === undefined
  const endpoints = perService(flat, /^(\w+?)_endpoint(?:_override)?$/, /^https?:/)
  return {
    authType: authTypeOf(
      get('auth_type') ?? (get('api_key') === undefined ? undefined : 'rackspace_apikey'),
      credential ?? get('application_credential_name'),
    ),
    authUrl: get('auth_url'),
    identityVersion: /^v?2/.test(get('identity_api_version') ?? '') ? 2 : undefined,
    key: credential ?? get('username', 'user_name'),
    secret: get('application_credential_secret', 'password', 'api_key'),
    token: get('token', 'auth_token'),
    credentialName: credential === undefined ? get('application_credential_name') : undefined,
    userId: get('user_id'),
    userDomain: get('user_domain_name'),
    userDomainId: get('user_domain_id'),
    project: get('project_name', 'tenant_name'),
    projectId: get('project_id', 'tenant_id'),
    projectDomain: get('project_domain_name'),
    projectDomainId: get('project_domain_id'),
    domain: get('domain_name'),
    domainId: get('domain_id') ?? (get('domain_name') === undefined ? get('default_domain') : undefined),
    scope: scope ?? (domainOnly ? 'domain' : undefined),
    trustId: get('trust_id'),
    region: get('region_name'),
    interface: get('interface', 'endpoint_type'),
    endpoints,
    microversions: {
      ...perService(flat, /^(\w+?)_api_version$/, /^\d+\.\d{2,}$/),
      ...perService(flat, /^(\w+?)_default_microversion$/, /^\d+\.\d+$/),
    },
    tls: tlsOf(flat),
  }
}

/** Variables that choose a cloud, or a file, and describe none. */
const SELECTORS = new Set([
  'OS_CLOUD',
  'OS_REGION_NAME',
  'OS_CLIENT_CONFIG_FILE',
  'OS_CLIENT_SECURE_FILE',
  'OS_CLOUD_NAME',
])

/** The cloud that the `OS_…` variables describe, if they do. */
export function envCloud(env: Readonly<Record<string, string | undefined>> = process.env): FileCloud | undefined {
  const raw: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('OS_') && value) raw[name.slice(3).toLowerCase()] = value
  }
  const names = Object.keys(raw).map(name => `OS_${name.toUpperCase()}`)
  if (
    !names.some(name => /^OS_(AUTH|TOKEN|USER|PASSWORD|PROJECT|TENANT|APPLICATION)/.test(name) && !SELECTORS.has(name))
  )
    return undefined
  return toCloud(raw)
}

function places(name: string, override: string | undefined): string[] {
  const folders = [
    '.',
    join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'openstack'),
    '/etc/openstack',
  ]
  const files = folders.flatMap(folder => ['yaml', 'yml', 'json'].map(ending => join(folder, `${name}.${ending}`)))
  return override ? [override, ...files] : files
}

/** The first of these files that there is. */
async function firstOf(files: readonly string[]): Promise<{ file: string; content: Raw } | undefined> {
  for (const file of files) {
    const source = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
      throw error
    })
    if (source === undefined) continue
    // Loaded by those who have such a file, and by nobody else.
    const { parse } = await import('yaml')
    try {
      const content: unknown = parse(source)
      return { file, content: isRaw(content) ? content : {} }
    } catch {
      // The parser's message would show what stands there.
      refuse(file, 'YAML or JSON')
    }
  }
  return undefined
}

function merge(one: Raw, other: Raw): Raw {
  const merged: Record<string, unknown> = { ...one }
  for (const [name, value] of Object.entries(other)) {
    const before = merged[name]
    merged[name] = isRaw(before) && isRaw(value) ? merge(before, value) : value
  }
  return merged
}

/**
 * A cloud of `clouds.yaml`: the one that is named, or the only one.
 * @throws InvalidRequestError where there is none of this name, telling which there are
 */
export async function fileCloud(name: string | undefined): Promise<FileCloud> {
  const { OS_CLIENT_CONFIG_FILE, OS_CLIENT_SECURE_FILE } = process.env
  const found = await firstOf(places('clouds', OS_CLIENT_CONFIG_FILE))
  const secret = found && (await firstOf(places('secure', OS_CLIENT_SECURE_FILE)))
  const { clouds } = merge(found?.content ?? {}, secret?.content ?? {})
  const all = isRaw(clouds) ? clouds : {}
  const names = Object.keys(all)
  const chosen = name ?? (names.length === 1 ? names[0] : undefined)
  if (chosen === undefined) return {}
  if (!Object.hasOwn(all, chosen)) {
    const where = found === undefined ? 'a cloud of clouds.yaml, which is nowhere' : `one of those in ${found.file}`
    refuse('cloud', `${where}: ${names.map(each => `'${each}'`).join(', ') || 'none'}`)
  }
  const raw = all[chosen] as Raw
  return toCloud(await withProfile(isRaw(raw) ? raw : {}))
}

/** What `clouds-public.yaml`, or else the table of vendors, says of the vendor that a cloud is of. */
async function withProfile(cloud: Raw): Promise<Raw> {
  const profile = text(cloud['profile'])
  if (profile === undefined) return cloud
  const found = await firstOf(places('clouds-public', undefined))
  const known = found?.content['public-clouds']
  const base = isRaw(known) ? known[profile] : await vendorProfile(profile)
  return isRaw(base) ? merge(base, cloud) : cloud
}

/** openstacksdk knows some vendors by other names than their constants. */
const PROFILES: Readonly<Record<string, string>> = { citycloud: 'cleura', switchengines: 'switch_engines' }

async function vendorProfile(profile: string): Promise<Raw | undefined> {
  const { VENDORS } = await import('./compute.vendors.js')
  const provider = PROFILES[profile] ?? profile.replaceAll('-', '_')
  const vendor = VENDORS.find(each => each.provider === provider)
  if (vendor === undefined) return undefined
  const { authUrl, domain } = vendor.preset
  const domains = domain === undefined ? {} : { user_domain_name: domain, project_domain_name: domain }
  return { auth: { auth_url: authUrl, ...domains }, region_name: vendor.region }
}
