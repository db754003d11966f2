// Resources by their ids: '/subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/virtualMachines/web-1'.
import { InvalidRequestError } from '../../lib/errors.js'
import { path } from '../../lib/http/url.js'

/** What a resource's id tells. */
export interface ResourceId {
  readonly subscription: string
  readonly group: string
  /** `'Microsoft.Compute/virtualMachines'`, or with a type within it: `'Microsoft.Network/virtualNetworks/subnets'`. */
  readonly type: string
  /** The resource's name, after those of what it lies in. */
  readonly names: readonly string[]
}

const NAME = /^(?!\.{1,2}$)[\p{L}\p{N}_@*~!$ ().-]{1,260}$/u
/** A resource's name by itself: it may not be taken for something else in a path. */
export const isName = (text: string): boolean => NAME.test(text) && text.trim() === text

/** Reads an id; `undefined` for what is none. */
export function readId(id: string): ResourceId | undefined {
  const match = /^\/subscriptions\/([A-Za-z0-9-]+)\/resourceGroups\/([^/]+)\/providers\/([A-Za-z0-9.]+)\/(.+)$/i.exec(
    id,
  )
  const [, subscription = '', group = '', namespace = '', rest = ''] = match ?? []
  const parts = rest.split('/')
  if (!match || parts.length % 2 !== 0) return undefined
  const types = parts.filter((_, index) => index % 2 === 0)
  const names = parts.filter((_, index) => index % 2 === 1)
  if (![group, ...names].every(isName) || !types.every(each => /^[A-Za-z0-9]+$/.test(each))) return undefined
  return { subscription, group, type: [namespace, ...types].join('/'), names }
}

/** A resource's path; every part stays in its place. */
export function idPath({ subscription, group, type, names }: ResourceId): string {
  const [namespace = '', ...types] = type.split('/')
  const start = path`/subscriptions/${subscription}/resourceGroups/${group}/providers/${namespace}`
  return start + types.map((each, index) => path`/${each}/${names[index] ?? ''}`).join('')
}

/** An id as Azure writes it, which is what others refer to a resource by. */
export function idOf({ subscription, group, type, names }: ResourceId): string {
  const [namespace, ...types] = type.split('/')
  const pairs = types.map((each, index) => `/${each}/${names[index]}`).join('')
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/${namespace}${pairs}`
}

/** The last name of an id, and the resource group: empty where it has none. */
export function nameOf(id: string | undefined): string {
  return id?.slice(id.lastIndexOf('/') + 1) ?? ''
}
export function groupOf(id: string | undefined): string {
  return /\/resourceGroups\/([^/]+)/i.exec(id ?? '')?.[1] ?? ''
}

/** The error of an argument that is bad. */
export function refused(
  provider: string,
  operation: string | undefined,
  argument: string,
  allowed: string,
): InvalidRequestError {
  const message = `${operation ?? 'request'}: '${argument}' must be ${allowed}`
  return new InvalidRequestError(message, { provider, operation, argument, allowed })
}

/** What most resources may be called. https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules */
const NEW_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?$/

/** Refuses a name that Azure would refuse, before anything is made. */
export function checkNewName(provider: string, operation: string | undefined, argument: string, name: string): void {
  const allowed =
    '1 to 80 letters, digits, underscores, periods and hyphens, beginning with a letter or digit, ending with one or an underscore'
  if (!NEW_NAME.test(name)) throw refused(provider, operation, argument, allowed)
}
