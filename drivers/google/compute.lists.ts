import type { CallOptions } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'
import { type Asker, regionFor } from './compute.refs.js'

export interface GCEListOptions extends CallOptions {
  /** Google's own filter: `'name = web-*'`. */
  ex_filter?: string | undefined
}
export interface GCEListZonalOptions extends GCEListOptions {
  /** Only this zone's; `'all'` for all. @defaultValue the driver's zone, else all */
  ex_zone?: string | undefined
}
export interface GCEListRegionalOptions extends GCEListOptions {
  /** Only this region's; `'all'` for all, with what is everywhere. @defaultValue the driver's region, else all */
  ex_region?: string | undefined
}

/** Where a list is asked for: one region, or `undefined` for all. */
export function regionScope(
  asker: Asker,
  options: { readonly ex_region?: string | undefined } | undefined,
): string | undefined {
  const { ex_region: wanted = asker.connection.region } = options ?? {}
  if (wanted === undefined || wanted === 'all') return undefined
  return wanted === 'global' ? 'global' : `regions/${regionFor(asker, { id: wanted }, 'options.ex_region', undefined)}`
}

/** Where something is made that may be in a region, or everywhere. */
export function regionOrGlobal(
  asker: Asker,
  { ex_region }: { readonly ex_region?: Ref | undefined },
  options: CallOptions | undefined,
): string {
  return ex_region?.id === 'global' ? 'global' : `regions/${regionFor(asker, ex_region, 'ex_region', options)}`
}
