// Resources that only Compute Engine has are given with Google's own members, and with an id and dates of this library.
import { idOf, type Level } from './compute.refs.js'

/** What all resources of Compute Engine have. */
export interface GCEResource {
  /** What this driver's methods know it by: `'<name>'`, `'<region>/<name>'`, `'<zone>/<name>'`. */
  readonly id: string
  readonly name: string
  readonly description?: string | undefined
  /** Its whole address. */
  readonly selfLink: string
  readonly createdAt: Date | undefined
}
/** A resource as Google has it: its `id` is a number. */
export type RawResource<T extends GCEResource> = Omit<T, 'createdAt'> & { readonly creationTimestamp?: string }

/** Turns what Google tells into what this library gives. */
export function resource<T extends GCEResource>(level: Level): (raw: RawResource<T>) => T {
  return raw => {
    if (typeof raw.name !== 'string' || typeof raw.selfLink !== 'string') throw new Error('The reply is no resource')
    const { creationTimestamp, ...rest } = raw
    const createdAt = creationTimestamp === undefined ? undefined : new Date(creationTimestamp)
    return { ...rest, id: idOf(raw.selfLink, level), createdAt } as unknown as T
  }
}

export const date = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text))
