// Writes pricing.json from Apache Libcloud's pricing data (libcloud/data/pricing.json of its repository):
//   node --import ./test/tools/ts.mjs test/tools/import-pricing.ts <its pricing.json> [pricing.json]
// What is left out, and why, is printed: a price of 0, which says there that it is not known; closed providers; tables
// and figures that are of something else than their name says; whatever has a structure that is not known.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument, tableNames } from '../../lib/pricing/format.js'
import { PricingProblem, plainTable } from '../../lib/pricing/plain.js'
import type { Price, PriceTableInput, PricingDriverType } from '../../lib/pricing/types.js'
import { root } from './vendors.js'

const SOURCE = "Apache Libcloud's pricing data (libcloud/data/pricing.json)"

interface Origin {
  /** The provider constant. */
  readonly provider: string
  readonly note?: string
}

const EC2_NOTE =
  'Estimates: the source does not tell tenancy apart. Of the figures that its tables of single regions have too, three in ten are 5 to 12 % higher, as dedicated instances are. Ids without a dot are dedicated hosts.'
const AZURE_NOTE = "Ids are Azure's size names in lower case without underscores: standardd2sv3 is Standard_D2s_v3."
const OLD = 'No script of the source collects these: they may be older than its date.'

/** Which provider a table is of. A renamed provider is called by its present constant where it has one. */
const ORIGINS: readonly (readonly [RegExp, Origin])[] = [
  [/^azure_linux$/, { provider: 'AZURE_ARM', note: AZURE_NOTE }],
  [/^azure_windows$/, { provider: 'AZURE_ARM', note: AZURE_NOTE }],
  [/^bluebox$/, { provider: 'BLUEBOX' }],
  [/^cloudsigma_/, { provider: 'CLOUDSIGMA', note: OLD }],
  [
    /^ec2_windows$/,
    { provider: 'EC2', note: `${EC2_NOTE} A figure equal to that of ec2_linux contains no Windows licence.` },
  ],
  [/^ec2_(linux|rhel|rhel_ha|suse)$/, { provider: 'EC2', note: EC2_NOTE }],
  [
    /^ec2_/,
    {
      provider: 'EC2',
      note: 'Linux, one region. The source has collected ec2_linux in its place since 2020: older than its date.',
    },
  ],
  [/^elastichosts$/, { provider: 'ELASTICHOSTS' }],
  [/^gandi$/, { provider: 'GANDI', note: OLD }],
  [/^gce_instances$/, { provider: 'GCE', note: 'Machine types with a shared core, as a whole.' }],
  [/^gce_instances_(cpu|ram)$/, { provider: 'GCE', note: 'By machine family.' }],
  [/^gce_disks$/, { provider: 'GCE', note: "A month's price, divided by 720 hours." }],
  [/^gce_images(_cpu)?$/, { provider: 'GCE', note: 'Licences, on top of the machine. The source has few of them.' }],
  [/^gogrid$/, { provider: 'GOGRID' }],
  [/^nephoscale$/, { provider: 'NEPHOSCALE' }],
  [/^nimbus$/, { provider: 'NIMBUS' }],
  [/^osc_(inc|sas)_/, { provider: 'OUTSCALE', note: OLD }],
  // Renamed to Equinix Metal, which is closed.
  [/^packet$/, { provider: 'EQUINIXMETAL' }],
  [/^rackspace$/, { provider: 'RACKSPACE_FIRST_GEN' }],
  [/^rackspacenova/, { provider: 'RACKSPACE', note: OLD }],
  [/^serverlove$/, { provider: 'SERVERLOVE' }],
  [/^skalicloud$/, { provider: 'SKALICLOUD' }],
  [/^softlayer$/, { provider: 'SOFTLAYER', note: OLD }],
  [/^vps_net$/, { provider: 'VPSNET', note: `For one of the nodes that a machine is made of. ${OLD}` }],
]

/** Tables and rows that the source's own data, or the scripts that collect them, show to be of something else. */
const MIXED: readonly { readonly table: RegExp; readonly ids?: RegExp; readonly why: string }[] = [
  { table: /^ec2_ap_northeast$/, why: 'Tokyo and Seoul were collected into it, and cannot be told apart' },
  {
    table: /^gce_instances_(cpu|ram)$/,
    ids: /^n1_custom(_extended)?( |$)/,
    why: 'most of its SKUs are those of the n2 and n2d families',
  },
  { table: /^gce_disks$/, ids: /^Regional SSD( |$)/, why: 'its SKUs are those of the zonal disk' },
]

const { compute, storage, updated } = parseDocument(readFileSync(argument(2), 'utf8'))
const known = JSON.parse(readFileSync(join(root, 'drivers/known.json'), 'utf8')) as readonly Known[]
const out: string[] = ['{', '"format": 1']
for (const driverType of ['compute', 'storage'] as const) {
  const tables = readAll(driverType)
  const body = tables.map(([name, table]) => `${JSON.stringify(name)}: ${written(table)}`)
  out[out.length - 1] += ','
  out.push(`"${driverType}": {${body.length > 0 ? '\n' : ''}${body.join(',\n')}${body.length > 0 ? '\n' : ''}}`)
}
out.push('}', '')
writeFileSync(process.argv[3] ?? join(root, 'pricing.json'), out.join('\n'))

interface Known {
  readonly api: string
  readonly constant: string
  readonly status: string
}

function argument(index: number): string {
  const value = process.argv[index]
  if (value === undefined) throw new Error('Name the pricing.json of Apache Libcloud')
  return value
}

function readAll(driverType: PricingDriverType): [string, PriceTableInput][] {
  const result: [string, PriceTableInput][] = []
  for (const name of tableNames({ compute, storage, updated }, driverType)) {
    const table = readOne(driverType, name)
    if (typeof table === 'string') console.log(`left out  ${name}: ${table}`)
    else {
      console.log(`imported  ${name}: ${count(table)} prices`)
      result.push([name, table])
    }
  }
  return result.sort(([a], [b]) => (a < b ? -1 : 1))
}

/** A table, or why it is left out. */
function readOne(driverType: PricingDriverType, name: string): PriceTableInput | string {
  const origin = ORIGINS.find(([pattern]) => pattern.test(name))?.[1]
  if (origin === undefined) return 'UNKNOWN: no provider is known for this name'
  const closed = known.find(
    ({ api, constant, status }) => api === driverType && constant === origin.provider && status === 'closed',
  )
  if (closed) return `${origin.provider} is closed`
  const mixed = MIXED.filter(({ table }) => table.test(name))
  const whole = mixed.find(({ ids }) => ids === undefined)
  if (whole) return whole.why
  let table: PriceTableInput | undefined
  try {
    table = plainTable(driverType === 'compute' ? compute : storage, name, updated, SOURCE)
  } catch (error) {
    if (error instanceof PricingProblem) return `UNKNOWN structure: ${error.message}`
    throw error
  }
  const prices = Object.entries(table?.prices ?? {}).filter(([id]) => {
    const rule = mixed.find(({ ids }) => ids?.test(id))
    if (rule) console.log(`left out  ${name} → ${id}: ${rule.why}`)
    return rule === undefined
  })
  if (table === undefined || prices.length === 0) return 'no price in it is known'
  return { ...origin, ...table, prices: Object.fromEntries(prices) }
}

function count({ prices }: PriceTableInput): number {
  return Object.values(prices).reduce<number>((sum, price) => {
    return sum + (typeof price === 'number' ? 1 : Object.keys(price).length)
  }, 0)
}

/** A table as it is written: one size a line, its regions' figures in columns. */
function written({ prices, ...meta }: PriceTableInput): string {
  const byRegion = Object.values(prices).filter(price => typeof price === 'object')
  const regions = [...new Set(byRegion.flatMap(price => Object.keys(price)))].sort()
  const { provider, currency, unit, date, source, note } = meta
  const head: object = { provider, currency, unit, date, source, note, ...(regions.length > 0 ? { regions } : {}) }
  const members = Object.entries(head).filter(([, value]) => value !== undefined)
  const lines = members.map(([name, value]) => `"${name}": ${JSON.stringify(value)}`)
  const sizes = Object.entries(prices).map(([id, price]) => ` ${JSON.stringify(id)}: ${cell(price, regions)}`)
  return `{\n${lines.join(',\n')},\n"prices": {\n${sizes.join(',\n')}\n}}`
}

function cell(price: Price, regions: readonly string[]): string {
  if (typeof price === 'number') return String(price)
  return JSON.stringify(regions.map(region => price[region] ?? '-').join(' '))
}
