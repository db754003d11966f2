import { InvalidRequestError, NotSupportedError } from '../../lib/errors.js'

/** Where one service answers. */
export interface CatalogEndpoint {
  readonly region: string | undefined
  readonly interface: string
  readonly url: string
}
/** One service of a cloud. */
export interface CatalogEntry {
  readonly type: string
  readonly name: string
  readonly endpoints: readonly CatalogEndpoint[]
}
/** A service's address, taken apart. */
export interface Endpoint {
  readonly origin: string
  /** The beginning of every path, without a slash at its end. */
  readonly prefix: string
  /** Where the service tells its versions, with a slash at its end. */
  readonly root: string
}
/** What is known of a service beforehand. */
interface ServiceFacts {
  /** What it is called in catalogs, the best first. */
  readonly types: readonly string[]
  /** Put after an address that names no version. */
  readonly version?: string
  /** What the microversion's header calls it. */
  readonly microversion?: string
  /** Whether the project stands in the path, after the version. */
  readonly inProject?: true
}

// https://service-types.openstack.org/service-types.json
const SERVICES: Readonly<Record<string, ServiceFacts>> = {
  identity: { types: ['identity'], version: 'v3' },
  compute: { types: ['compute'], version: 'v2.1', microversion: 'compute' },
  image: { types: ['image'], version: 'v2' },
  'block-storage': {
    types: ['block-storage', 'volumev3', 'block-store', 'volume', 'volumev2'],
    version: 'v3',
    microversion: 'volume',
    inProject: true,
  },
  network: { types: ['network'], version: 'v2.0' },
  'object-store': { types: ['object-store'] },
  dns: { types: ['dns'], version: 'v2' },
  'load-balancer': { types: ['load-balancer'], version: 'v2' },
}
const VERSION = /^v\d+(\.\d+)?$/

/** Services that are not in the table are known by their type alone. */
export function factsOf(service: string): ServiceFacts {
  return SERVICES[service] ?? { types: [service] }
}

const INTERFACES: Readonly<Record<string, string>> = { publicurl: 'public', internalurl: 'internal', adminurl: 'admin' }

/** `publicURL`, as old files say, is `public`. */
export function interfaceName(value: string): string {
  return INTERFACES[value.toLowerCase()] ?? value.toLowerCase()
}

/** Reads an address. @throws InvalidRequestError naming what it was given as */
export function toEndpoint(url: string, service: string, projectId: string | undefined, argument: string): Endpoint {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    const allowed = 'an http or https address'
    throw new InvalidRequestError(`'${argument}' must be ${allowed}`, { argument, allowed })
  }
  const { origin, pathname } = new URL(url)
  const { version, inProject } = factsOf(service)
  const parts = pathname.split('/').filter(part => part !== '')
  let at = parts.findIndex(part => VERSION.test(part))
  if (version !== undefined && at < 0) {
    at = parts.length
    parts.push(version)
  }
  if (inProject && at === parts.length - 1 && projectId !== undefined) parts.push(encodeURIComponent(projectId))
  const join = (some: readonly string[]): string => some.map(part => `/${part}`).join('')
  return { origin, prefix: join(parts), root: `${join(parts.slice(0, at + 1))}/` }
}

export interface Wanted {
  readonly service: string
  readonly region: string | undefined
  readonly interface: string
  readonly provider: string
  readonly operation: string | undefined
}

const listed = (names: Iterable<string | undefined>): string =>
  [...new Set(names)].map(each => `'${each ?? '(none)'}'`).join(', ') || 'none'

/**
 * Finds a service's address in a catalog.
 * @throws NotSupportedError where the cloud does not have the service, telling what it has.
 * @throws InvalidRequestError where it has it in other regions or with other interfaces only, telling which.
 */
export function findEndpoint(catalog: readonly CatalogEntry[], wanted: Wanted): string {
  const { service, provider, operation } = wanted
  const { types } = factsOf(service)
  const entries = types.flatMap(type => catalog.filter(each => each.type === type)).filter(e => e.endpoints.length > 0)
  if (entries.length === 0) {
    const has = listed(catalog.map(({ type }) => type))
    const named = types.map(type => `'${type}'`).join(' or ')
    const message = `${operation ?? 'request'}: the cloud has no service ${named}; its catalog has ${has}`
    throw new NotSupportedError(message, { provider, operation })
  }
  // The first type that the cloud has is meant: 'volume' may be there beside 'volumev3', and speak an older version.
  const endpoints = entries.filter(({ type }) => type === entries[0]?.type).flatMap(entry => entry.endpoints)
  const refuse = (argument: string, value: string, has: Iterable<string | undefined>): never => {
    const allowed = `one of those that the catalog has for '${types[0]}': ${listed(has)}`
    const details = { provider, operation, argument, allowed }
    throw new InvalidRequestError(
      `${operation ?? 'request'}: '${argument}' is ${value}, and must be ${allowed}`,
      details,
    )
  }
  const { region } = wanted
  const regions = new Set(endpoints.map(each => each.region))
  if (region === undefined && regions.size > 1) refuse('region', 'not given', regions)
  const here = endpoints.filter(
    each => region === undefined || each.region === undefined || each.region.toLowerCase() === region.toLowerCase(),
  )
  if (here.length === 0) refuse('region', `'${region}'`, regions)
  const found = here.find(each => each.interface === wanted.interface)
  const interfaces = here.map(each => each.interface)
  return (found ?? refuse('interface', `'${wanted.interface}'`, interfaces)).url
}
