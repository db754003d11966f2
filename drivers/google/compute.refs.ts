// Where a resource of Compute Engine lies: in a zone, in a region, or everywhere in its project.
import { InvalidRequestError } from '../../lib/errors.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'
import type { GoogleComputeConnection } from './operations.js'
import { regionOf } from './options.js'

/** A resource's place. */
export interface Place {
  /** Absent for the driver's own. */
  readonly project?: string | undefined
  /** `'zones/europe-west3-a'`, `'regions/europe-west3'` or `'global'`. */
  readonly scope: string
  readonly name: string
}
/** What kinds of place a resource may have. */
export type Level = 'zone' | 'region' | 'global' | 'regionOrGlobal'

/** https://cloud.google.com/compute/docs/naming-resources */
const NAME = /^(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?|[0-9]{1,20})$/
const NEW_NAME = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/
const PLACE = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/
const PROJECT = /^(?:[a-z0-9.-]{1,63}:)?[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/
/** A resource's address, whole or from the project on, or from the place on. */
const LINK =
  /^(?:https:\/\/(?:www|compute)\.googleapis\.com\/compute\/(?:v1|beta)\/)?(?:projects\/([^/]+)\/)?(?:(zones|regions)\/([^/]+)|(global))\/[A-Za-z]+\/(?:family\/)?([^/]+)$/

const ZONE = /^(?:https:\/\/(?:www|compute)\.googleapis\.com\/compute\/v1\/)?(?:projects\/[^/]+\/)?(?:zones\/)?([^/]+)$/
const REGION =
  /^(?:https:\/\/(?:www|compute)\.googleapis\.com\/compute\/v1\/)?(?:projects\/[^/]+\/)?(?:regions\/)?([^/]+)$/

const FORMS: Readonly<Record<Level, string>> = {
  zone: "'<zone>/<name>', or '<name>' where the driver has a zone, or the resource's address",
  region: "'<region>/<name>', or '<name>' where the driver has a region, or the resource's address",
  global: "'<name>', or the resource's address",
  regionOrGlobal: "'<region>/<name>' or 'global/<name>', or the resource's address",
}
const LEVELS: Readonly<Record<Level, readonly string[]>> = {
  zone: ['zones'],
  region: ['regions'],
  global: ['global'],
  regionOrGlobal: ['regions', 'global'],
}

/** What is known of a call: whose errors are to be made. */
export interface Asker {
  readonly provider: string
  readonly connection: GoogleComputeConnection
}

/** @throws InvalidRequestError for an id that cannot be one of such a resource */
export function placeOf(
  asker: Asker,
  ref: Ref,
  level: Level,
  argument: string,
  options: CallOptions | undefined,
): Place {
  const id: unknown = ref?.id
  const place = typeof id === 'string' ? (linked(id, level) ?? short(asker, id, level)) : undefined
  if (place !== undefined && isGood(place)) return place
  throw refused(asker, `${argument}.id`, FORMS[level], options)
}

function linked(id: string, level: Level): Place | undefined {
  const [, project, kind, where, all, name] = LINK.exec(id) ?? []
  if (name === undefined || !LEVELS[level].includes(kind ?? all ?? '')) return undefined
  return { project, scope: all ?? `${kind}/${where}`, name }
}

function short({ connection }: Asker, id: string, level: Level): Place | undefined {
  const parts = id.split('/')
  const [first = '', second] = parts
  if (parts.length > 2) return undefined
  if (level === 'global') return second === undefined ? { scope: 'global', name: first } : undefined
  if (second !== undefined) {
    if (level === 'zone') return { scope: `zones/${first}`, name: second }
    if (level === 'regionOrGlobal' && first === 'global') return { scope: 'global', name: second }
    return { scope: `regions/${first}`, name: second }
  }
  const { zone, region } = connection
  if (level === 'zone') return zone === undefined ? undefined : { scope: `zones/${zone}`, name: first }
  if (region !== undefined) return { scope: `regions/${region}`, name: first }
  return level === 'regionOrGlobal' ? { scope: 'global', name: first } : undefined
}

function isGood({ project, scope, name }: Place): boolean {
  const [, where = 'a'] = scope.split('/')
  return NAME.test(name) && PLACE.test(where) && (project === undefined || PROJECT.test(project))
}

/** The zone that something is to be made in. @throws InvalidRequestError where none is known */
export function zoneFor(
  asker: Asker,
  location: Ref | undefined,
  argument: string,
  options: CallOptions | undefined,
): string {
  const zone = location === undefined ? asker.connection.zone : ZONE.exec(location.id)?.[1]
  if (zone !== undefined && PLACE.test(zone)) return zone
  const allowed = location === undefined ? 'given: the driver has no zone' : "a zone's name, such as 'europe-west3-a'"
  throw refused(asker, argument, allowed, options)
}

/** The region that something is to be made in. @throws InvalidRequestError where none is known */
export function regionFor(
  asker: Asker,
  location: Ref | undefined,
  argument: string,
  options: CallOptions | undefined,
): string {
  const region = location === undefined ? asker.connection.region : REGION.exec(location.id)?.[1]
  if (region !== undefined && PLACE.test(region)) return region
  const allowed = location === undefined ? 'given: the driver has no region' : "a region's name, such as 'europe-west3'"
  throw refused(asker, argument, allowed, options)
}

/** @throws InvalidRequestError for a name that Google would refuse */
export function checkName(asker: Asker, name: unknown, argument: string, options: CallOptions | undefined): void {
  if (typeof name === 'string' && NEW_NAME.test(name)) return
  const allowed = 'a lower case letter and up to 62 letters, digits and hyphens, of which a hyphen is not the last'
  throw refused(asker, argument, allowed, options)
}

/** The error of an argument, before anything is sent. */
export function refused(
  asker: Pick<Asker, 'provider'>,
  argument: string,
  allowed: string,
  options: CallOptions | undefined,
): InvalidRequestError {
  const operation = operationOf(options)
  const details = { provider: asker.provider, operation, argument, allowed }
  return new InvalidRequestError(`${operation ?? 'request'}: '${argument}' must be ${allowed}`, details)
}

/** A resource's path within the API. */
export function pathTo({ project, scope, name }: Place, collection: string): (own: string) => string {
  return own => `/compute/v1/projects/${project ?? own}/${scope}/${collection}/${name}`
}

/** A resource's address, as others name it. */
export function linkTo({ project, scope, name }: Place, collection: string): string {
  return `${project === undefined ? '' : `projects/${project}/`}${scope}/${collection}/${name}`
}

/** The last part of an address: a name, a zone, a region. */
export function lastPart(link: string): string
export function lastPart(link: string | undefined): string | undefined
export function lastPart(link: string | undefined): string | undefined {
  return link?.slice(link.lastIndexOf('/') + 1)
}

/** The id of what an address names: `'europe-west3-a/web-1'`, `'europe-west3/ip-1'`, `'global/ip-2'`, `'default'`. */
export function idOf(link: string, level: Level): string {
  const end = link.lastIndexOf('/')
  const name = link.slice(end + 1)
  if (level === 'global') return name
  // The collection stands between the place and the name. Lists have thousands of these: no pattern is as quick.
  const middle = link.lastIndexOf('/', end - 1)
  const start = link.lastIndexOf('/', middle - 1)
  return middle <= 0 ? name : `${link.slice(start + 1, middle)}/${name}`
}

/** `'europe-west3-a'`, of a zonal resource's place. */
export function zoneOf(place: Place): string {
  return place.scope.replace('zones/', '')
}

/** A zone's region. */
export function regionOfPlace(place: Place): string {
  return place.scope.startsWith('zones/') ? regionOf(zoneOf(place)) : place.scope.replace('regions/', '')
}
