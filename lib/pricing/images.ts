import type { PriceTable } from './types.js'

/** Tables of licences: for the machine as a whole, and by core. */
export interface ImageTables {
  readonly whole: PriceTable | undefined
  readonly byCore: PriceTable | undefined
}

const priceOf = (table: PriceTable | undefined, id: string): number | undefined => {
  const price = table && Object.hasOwn(table.prices, id) ? table.prices[id] : undefined
  return typeof price === 'number' ? price : undefined
}

/**
 * What the licence of a Compute Engine image costs for an hour.
 * @see https://cloud.google.com/compute/disks-image-pricing
 */
export function gceImagePrice(
  { whole, byCore }: ImageTables,
  imageName: string,
  sizeName: string,
  cores: number,
): number | undefined {
  const name = imageName.toLowerCase()
  const shared = ['f1', 'g1'].find(kind => sizeName.startsWith(kind))
  if (name.includes('sql')) {
    const edition = ['standard', 'enterprise', 'web'].find(each => name.includes(each))
    return times(priceOf(byCore, `SQL Server ${edition}`), cores)
  }
  if (name.includes('windows')) {
    return shared ? priceOf(whole, `Windows Server ${shared}`) : times(priceOf(byCore, 'Windows Server any'), cores)
  }
  const family = linuxFamily(name)
  if (family === undefined || whole === undefined) return undefined
  const kind = shared && priceOf(whole, `${family} ${shared}`) !== undefined ? shared : kindFor(whole, family, cores)
  return kind === undefined ? undefined : priceOf(whole, `${family} ${kind}`)
}

const times = (price: number | undefined, cores: number): number | undefined =>
  price === undefined ? undefined : price * cores

function linuxFamily(name: string): string | undefined {
  if (name.includes('rhel')) return name.includes('sap') ? 'RHEL with Update Services' : 'RHEL'
  if (name.includes('sles')) return name.includes('sap') ? 'SLES for SAP' : 'SLES'
  return undefined
}

/** Steps by number of cores: '4vcpu or less', '3-4vcpu', '6vcpu or more'. */
function kindFor(table: PriceTable, family: string, cores: number): string | undefined {
  const kinds = Object.keys(table.prices)
    .filter(id => id.startsWith(`${family} `))
    .map(id => id.slice(family.length + 1))
  return kinds.find(kind => {
    const [, from, to, which] = /^(\d+)(?:-(\d+))?vcpu(?: or (less|more))?$/.exec(kind) ?? []
    if (from === undefined) return kind === 'any'
    if (which === 'less') return cores <= Number(from)
    if (which === 'more') return cores >= Number(from)
    return cores >= Number(from) && cores <= Number(to ?? from)
  })
}
