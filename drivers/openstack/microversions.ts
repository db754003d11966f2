/** The microversions that a service has. */
export interface VersionRange {
  readonly min: string
  readonly max: string
}

/** Which is newer: positive where the first is. */
function compare(one: string, other: string): number {
  const [a = 0, b = 0] = one.split('.').map(Number)
  const [c = 0, d = 0] = other.split('.').map(Number)
  return a - c || b - d
}

/** The newest that both sides know; `undefined` where there is none. */
export function newest({ min, max }: VersionRange, wanted: string): string | undefined {
  const found = compare(max, wanted) < 0 ? max : wanted
  return compare(found, min) < 0 ? undefined : found
}

interface RawVersion {
  readonly id?: string
  readonly status?: string
  readonly version?: string
  readonly max_version?: string
  readonly min_version?: string
}

/** Reads what a service tells of its versions. A service without microversions tells none, or empty ones. */
export function versionsIn(body: unknown): VersionRange | undefined {
  const { version, versions } = (body ?? {}) as { version?: RawVersion; versions?: readonly RawVersion[] }
  const all = version === undefined ? (Array.isArray(versions) ? (versions as readonly RawVersion[]) : []) : [version]
  const found = all.find(each => each.status === 'CURRENT') ?? all[0]
  const max = found?.version || found?.max_version
  return found?.min_version && max ? { min: found.min_version, max } : undefined
}

/** Whether a microversion is as new as another, or newer. */
export function atLeast(version: string, least: string): boolean {
  return compare(version, least) >= 0
}
