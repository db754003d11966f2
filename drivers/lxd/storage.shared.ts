import { path } from '../../lib/http/url.js'
import { nameOf } from './names.js'
import type { LXDName } from './types.js'

/** Where a volume stands. */
export function volumePath(
  provider: string,
  pool: LXDName,
  volume: LXDName,
  options: { readonly ex_type?: string | undefined } | undefined,
): string {
  const type = options?.ex_type ?? 'custom'
  const [at, name] = [nameOf(provider, pool, 'pool'), nameOf(provider, volume, 'volume')]
  return path`/1.0/storage-pools/${at}/volumes/${type}/${name}`
}
