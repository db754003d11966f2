import { InvalidCredentialsError } from '../../lib/errors.js'
import type { CatalogEntry } from './catalog.js'
import type { Settings } from './settings.js'

/** A token, and what came with it. */
export interface Session {
  readonly token: string
  /** On the clock of `Date.now()`; absent where nobody told. */
  readonly expiresAt: number | undefined
  /** `undefined` until it is asked for: a token that was given comes without one. */
  readonly catalog: readonly CatalogEntry[] | undefined
  readonly projectId: string | undefined
  readonly userId: string | undefined
}

interface RawV3Endpoint {
  readonly region_id?: string | null
  readonly region?: string | null
  readonly interface: string
  readonly url: string
}
export interface RawV3Catalog {
  readonly catalog?: readonly {
    readonly type: string
    readonly name?: string
    readonly endpoints: readonly RawV3Endpoint[]
  }[]
}
interface RawV3Token {
  readonly token: RawV3Catalog & {
    readonly issued_at?: string
    readonly expires_at?: string | null
    readonly user?: { readonly id?: string }
    readonly project?: { readonly id?: string }
  }
}
interface RawV2Token {
  readonly access: {
    readonly token: { readonly id: string; readonly expires: string; readonly tenant?: { readonly id?: string } }
    readonly user?: { readonly id?: string }
    readonly serviceCatalog?: readonly {
      readonly type: string
      readonly name?: string
      readonly endpoints: readonly Readonly<Record<string, string>>[]
    }[]
  }
}

type Json = Record<string, unknown>
/** Who or what something belongs to: by id where there is one. */
const named = (name: string | undefined, id: string | undefined): Json => (id === undefined ? { name } : { id })

function refused(provider: string, what: string): InvalidCredentialsError {
  return new InvalidCredentialsError(`No credentials for '${provider}': ${what}`, { provider })
}

const PLACES = "given as an option, in clouds.yaml, or in the environment's OS_ variables"

function identityOf(settings: Settings, provider: string): Json {
  const { authType, key, secret, token, userId } = settings
  const userDomain = named(settings.userDomain, settings.userDomainId)
  const user = userId === undefined ? { name: key, domain: userDomain } : { id: userId }
  if (authType === 'token') {
    if (token === undefined) throw refused(provider, `no 'token' is ${PLACES}.`)
    return { methods: ['token'], token: { id: token } }
  }
  if (secret === undefined) throw refused(provider, `no 'secret' (password) is ${PLACES}.`)
  if (authType === 'applicationCredential') {
    const { credentialName } = settings
    if (key === undefined && credentialName === undefined) throw refused(provider, `no 'key' is ${PLACES}.`)
    const credential = credentialName === undefined ? { id: key, secret } : { name: credentialName, user, secret }
    return { methods: ['application_credential'], application_credential: credential }
  }
  if (key === undefined && userId === undefined) throw refused(provider, `no 'key' (user name) is ${PLACES}.`)
  return { methods: ['password'], password: { user: { ...user, password: secret } } }
}

function scopeOf(settings: Settings): unknown {
  const { scope, trustId, project, projectId } = settings
  // An application credential belongs to one project, and may not ask for another.
  if (settings.authType === 'applicationCredential') return undefined
  if (trustId !== undefined) return { 'OS-TRUST:trust': { id: trustId } }
  if (scope === 'unscoped') return 'unscoped'
  if (scope === 'system') return { system: { all: true } }
  if (scope === 'domain') return { domain: named(settings.domain, settings.domainId) }
  if (projectId !== undefined) return { project: { id: projectId } }
  if (project === undefined) return undefined
  return { project: { name: project, domain: named(settings.projectDomain, settings.projectDomainId) } }
}

/** The body that asks for a token. @throws InvalidCredentialsError naming what is missing, and where it was looked for */
export function tokenRequest(settings: Settings, provider: string): Json {
  if (settings.identityVersion === 2) return { auth: { ...v2Credentials(settings, provider), ...v2Tenant(settings) } }
  const scope = scopeOf(settings)
  return { auth: { identity: identityOf(settings, provider), ...(scope === undefined ? {} : { scope }) } }
}

function v2Credentials({ authType, key, secret, token }: Settings, provider: string): Json {
  if (authType === 'token') {
    if (token === undefined) throw refused(provider, `no 'token' is ${PLACES}.`)
    return { token: { id: token } }
  }
  if (key === undefined) throw refused(provider, `no 'key' (user name) is ${PLACES}.`)
  if (secret === undefined) throw refused(provider, `no 'secret' (password or API key) is ${PLACES}.`)
  return authType === 'rackspaceApiKey'
    ? { 'RAX-KSKEY:apiKeyCredentials': { username: key, apiKey: secret } }
    : { passwordCredentials: { username: key, password: secret } }
}

function v2Tenant({ project, projectId }: Settings): Json {
  if (projectId !== undefined) return { tenantId: projectId }
  return project === undefined ? {} : { tenantName: project }
}

/** How long it is good is told by the provider's clock; when it began, by ours. */
function expiry(expires: string | null | undefined, issued: string | undefined, now: number): number | undefined {
  const end = Date.parse(expires ?? '')
  if (Number.isNaN(end)) return undefined
  const start = Date.parse(issued ?? '')
  return Number.isNaN(start) ? end : now + (end - start)
}

export function toCatalog({ catalog = [] }: RawV3Catalog): CatalogEntry[] {
  return catalog.map(({ type, name = '', endpoints }) => ({
    type,
    name,
    endpoints: endpoints.map(each => ({
      region: each.region_id ?? each.region ?? undefined,
      interface: each.interface,
      url: each.url,
    })),
  }))
}

/** Reads the reply to {@link tokenRequest}. */
export function toSession(body: unknown, header: string | undefined, started: number): Session {
  if ((body as RawV2Token | undefined)?.access !== undefined) return toV2Session(body as RawV2Token)
  const { token } = body as RawV3Token
  if (header === undefined) throw new Error("The reply has no header 'X-Subject-Token'")
  return {
    token: header,
    expiresAt: expiry(token.expires_at, token.issued_at, started),
    catalog: token.catalog && toCatalog(token),
    projectId: token.project?.id,
    userId: token.user?.id,
  }
}

function toV2Session({ access: { token, user, serviceCatalog = [] } }: RawV2Token): Session {
  return {
    token: token.id,
    expiresAt: expiry(token.expires, undefined, 0),
    catalog: serviceCatalog.map(({ type, name = '', endpoints }) => ({
      type,
      name,
      endpoints: endpoints.flatMap(each =>
        (['public', 'internal', 'admin'] as const).flatMap(kind => {
          const url = each[`${kind}URL`]
          return url === undefined ? [] : [{ region: each['region'], interface: kind, url }]
        }),
      ),
    })),
    projectId: token.tenant?.id,
    userId: user?.id,
  }
}
