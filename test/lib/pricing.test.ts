import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  clearPricingData,
  getImagePrice,
  getPricing,
  getPricingFilePath,
  getSizePrice,
  getSizePriceSync,
  invalidateModulePricingCache,
  invalidatePricingCache,
  type PriceTableInput,
  setPricing,
} from 'libcloud/pricing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const META = { currency: 'EUR', unit: 'hour', date: '2026-01', source: 'a price list' }
/** 2026-01-02, in seconds. */
const UPDATED = Date.UTC(2026, 0, 2) / 1000

let home: string
const HOME = process.env['HOME']

async function write(content: unknown, path = join(home, '.libcloud', 'pricing.json')): Promise<string> {
  await mkdir(join(home, '.libcloud'), { recursive: true })
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'pricing-'))
  process.env['HOME'] = home
  invalidatePricingCache()
})
afterEach(async () => {
  if (HOME === undefined) delete process.env['HOME']
  else process.env['HOME'] = HOME
  invalidatePricingCache()
  await rm(home, { recursive: true })
})

describe('what the package brings', () => {
  it('tells a price by size and region', async () => {
    await expect(getSizePrice('compute', 'ec2_linux', 't3.micro', 'us-east-1')).resolves.toBe(0.0104)
    await expect(getSizePrice('compute', 'azure_linux', 'basica0', 'westus')).resolves.toBe(0.018)
    await expect(getSizePrice('compute', 'gce_instances_cpu', 'n1', 'us-central1')).resolves.toBe(0.031611)
    await expect(getSizePrice('compute', 'gce_instances_ram', 'n1', 'us-central1')).resolves.toBe(0.004237)
    await expect(getSizePrice('compute', 'gce_instances', 'f1', 'us-central1')).resolves.toBe(0.0076)
  })

  it('tells a price by size alone, where it does not depend on the region', async () => {
    await expect(getSizePrice('compute', 'ec2_us_east', 't1.micro')).resolves.toBe(0.02)
    // Text in the source.
    await expect(getSizePrice('compute', 'osc_inc_us_east_1', 'm1.small')).resolves.toBe(0.06)
  })

  it('knows the meta data of its figures', async () => {
    const table = await getPricing('compute', 'ec2_linux')
    expect(table).toMatchObject({
      driverType: 'compute',
      driverName: 'ec2_linux',
      provider: 'EC2',
      currency: 'USD',
      unit: 'hour',
      date: '2023-08-06',
    })
    expect(table?.source).toContain('Apache Libcloud')
    expect((await getPricing('compute', 'gce_disks'))?.unit).toBe('GiB-hour')
  })

  it('answers undefined for what is not known', async () => {
    const unknown = [
      getSizePrice('compute', 'no_such_table', 't3.micro'),
      getSizePrice('storage', 'ec2_linux', 't3.micro', 'us-east-1'),
      getSizePrice('compute', 'ec2_linux', 'no.such.size', 'us-east-1'),
      getSizePrice('compute', 'ec2_linux', 't3.micro', 'no-such-region'),
      // By region only.
      getSizePrice('compute', 'ec2_linux', 't3.micro'),
      // Not by region.
      getSizePrice('compute', 'ec2_us_east', 't1.micro', 'us-east-1'),
      // 0 in the source.
      getSizePrice('compute', 'ec2_linux', 'm5.xlarge', 'us-east-1'),
      getSizePrice('compute', 'ec2_linux', 'constructor', 'name'),
      getSizePrice('compute', 'constructor', 'name'),
      // Closed, and mixed up in the source.
      getSizePrice('compute', 'gogrid', '1GB'),
      getSizePrice('compute', 'gce_disks', 'Regional SSD', 'us-central1'),
      getSizePrice('compute', 'gce_instances_cpu', 'n1_custom', 'us-central1'),
    ]
    expect(await Promise.all(unknown)).toEqual(unknown.map(() => undefined))
    await expect(getPricing('compute', 'cloudsigma_lvs')).resolves.toBeUndefined()
  })

  it('answers at once too, with the same', () => {
    expect(getSizePriceSync('compute', 'ec2_linux', 't3.micro', 'us-east-1')).toBe(0.0104)
    expect(getSizePriceSync('compute', 'ec2_linux', 't3.micro')).toBeUndefined()
    expect(getSizePriceSync('compute', 'no_such_table', 't3.micro')).toBeUndefined()
  })

  it('hands out tables that nobody can change', async () => {
    const table = await getPricing('compute', 'ec2_linux')
    const prices = table?.prices as Record<string, Record<string, number>>
    expect(() => Object.assign(prices, { x: 1 })).toThrow(TypeError)
    expect(() => Object.assign(prices['t3.micro'] as object, { x: 1 })).toThrow(TypeError)
  })

  it('refuses bad arguments', async () => {
    await expect(getPricing('dns' as 'compute', 'x')).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      argument: 'driverType',
    })
    await expect(getSizePrice('compute', 'x', '')).rejects.toMatchObject({ argument: 'sizeId' })
    await expect(getImagePrice('gce_images', 'x', 'n1-standard-1', 0)).rejects.toMatchObject({ argument: 'cores' })
    expect(() => getSizePriceSync('compute', 'x', 7 as unknown as string)).toThrow("'sizeId' must be")
  })
})

describe('getImagePrice', () => {
  it('multiplies what is charged by core', async () => {
    await expect(getImagePrice('gce_images', 'sql-2019-standard-windows-2019', 'n1-standard-4', 4)).resolves.toBe(0.658)
    await expect(getImagePrice('gce_images', 'sql-2019-web-windows-2019')).resolves.toBe(0.011)
  })

  it('answers undefined for what is not known, and for what costs nothing', async () => {
    await expect(getImagePrice('gce_images', 'windows-server-2022', 'n1-standard-4', 4)).resolves.toBeUndefined()
    await expect(getImagePrice('gce_images', 'debian-12', 'n1-standard-4', 4)).resolves.toBeUndefined()
    await expect(getImagePrice('ec2_images', 'ami-1')).resolves.toBeUndefined()
  })

  it('finds the step for the number of cores, and the prices of shared cores', async () => {
    await write({
      updated: UPDATED,
      compute: {
        gce_images: {
          RHEL: { '4vcpu or less': { price: 0.06 }, '6vcpu or more': { price: 0.13 }, description: 'RHEL7' },
          SLES: { any: { price: 0.11 }, f1: { price: 0.02 } },
          'SLES for SAP': { '1-2vcpu': { price: 0.17 }, '3-4vcpu': { price: 0.34 }, '6vcpu or more': { price: 0.41 } },
          'Windows Server': { any: { price: 0.046 }, f1: { price: 0.021 } },
        },
      },
    })
    const price = (image: string, size: string, cores: number) => getImagePrice('gce_images', image, size, cores)
    await expect(price('rhel-9', 'n1-standard-4', 4)).resolves.toBe(0.06)
    await expect(price('rhel-9', 'n1-standard-8', 8)).resolves.toBe(0.13)
    await expect(price('rhel-9', 'custom-5', 5)).resolves.toBeUndefined()
    await expect(price('sles-15', 'n1-standard-8', 8)).resolves.toBe(0.11)
    await expect(price('sles-15', 'f1-micro', 1)).resolves.toBe(0.02)
    await expect(price('sles-15-sap', 'n1-standard-2', 2)).resolves.toBe(0.17)
    await expect(price('sles-15-sap', 'n1-standard-4', 3)).resolves.toBe(0.34)
    await expect(price('sles-15-sap', 'n1-standard-16', 16)).resolves.toBe(0.41)
    await expect(price('windows-2022', 'n1-standard-4', 4)).resolves.toBe(0.184)
    await expect(price('windows-2022', 'f1-micro', 1)).resolves.toBe(0.021)
  })
})

describe('~/.libcloud/pricing.json', () => {
  it('comes before what the package brings, table by table', async () => {
    const path = await write({ compute: { ec2_linux: { ...META, prices: { 't3.micro': { 'us-east-1': 0.5 } } } } })
    expect(getPricingFilePath()).toBe(path)
    await expect(getSizePrice('compute', 'ec2_linux', 't3.micro', 'us-east-1')).resolves.toBe(0.5)
    await expect(getSizePrice('compute', 'ec2_linux', 't3.micro', 'us-west-2')).resolves.toBeUndefined()
    await expect(getSizePrice('compute', 'ec2_windows', 't3.micro', 'us-east-1')).resolves.toBeGreaterThan(0)
    await expect(getPricing('compute', 'ec2_linux')).resolves.toMatchObject({ currency: 'EUR', date: '2026-01' })
  })

  it('may have lines of figures, one for each region', async () => {
    await write({
      storage: { s3: { ...META, unit: 'GB-month', regions: ['a', 'b', 'c'], prices: { std: '0.1 - 2e-2' } } },
    })
    const table = await getPricing('storage', 's3')
    expect(table?.prices).toEqual({ std: { a: 0.1, c: 0.02 } })
    expect(table).not.toHaveProperty('regions')
  })

  it("may be Apache Libcloud's own", async () => {
    const path = await write({
      updated: UPDATED,
      compute: {
        flat: { small: 0.1, free: 0, text: '0.250', unknown: 'n/a' },
        regional: { small: { here: '0.3', there: 0.0 }, gone: { here: 0 } },
      },
      storage: {},
    })
    const flat = await getPricing('compute', 'flat')
    expect(flat).toEqual({
      driverType: 'compute',
      driverName: 'flat',
      currency: 'USD',
      unit: 'hour',
      date: '2026-01-02',
      source: path,
      prices: { small: 0.1, text: 0.25 },
    })
    expect((await getPricing('compute', 'regional'))?.prices).toEqual({ small: { here: 0.3 } })
  })

  it.each([
    ['no JSON', '{"compute": {'],
    ['a list', '[]'],
    ['no tables', '{"updated": 1}'],
    ['tables that are none', '{"compute": []}'],
    ['text', 'null'],
    ['a table that is none', { updated: UPDATED, compute: { ec2_linux: 7 } }],
    ['text for a price', { updated: UPDATED, compute: { ec2_linux: { small: 'cheap' } } }],
    ['a price below 0', { updated: UPDATED, compute: { ec2_linux: { small: -1 } } }],
    ['another structure', { updated: UPDATED, compute: { ec2_linux: { small: { here: { now: 1 } } } } }],
    ['no date', { compute: { ec2_linux: { small: 1 } } }],
    ['no currency', { compute: { ec2_linux: { ...META, currency: undefined, prices: {} } } }],
    ['no prices', { compute: { ec2_linux: { ...META } } }],
    ['a date that is none', { compute: { ec2_linux: { ...META, date: '2026-02-30', prices: {} } } }],
    ['a price of 0', { compute: { ec2_linux: { ...META, prices: { small: 0 } } } }],
    ['too few figures', { compute: { ec2_linux: { ...META, regions: ['a', 'b'], prices: { small: '1' } } } }],
    ['a gap in a line', { compute: { ec2_linux: { ...META, regions: ['a', 'b'], prices: { small: '1 ' } } } }],
  ])('is refused by its name, not passed over: %s', async (_what, content) => {
    const path = await write(content)
    const error = { code: 'INVALID_REQUEST', message: expect.stringContaining(path) }
    await expect(getPricing('compute', 'ec2_linux')).rejects.toMatchObject(error)
    await expect(getSizePrice('compute', 'ec2_linux', 't3.micro', 'us-east-1')).rejects.toMatchObject(error)
    expect(() => getSizePriceSync('compute', 'ec2_linux', 't3.micro', 'us-east-1')).toThrow(path)
    // Not remembered: it is read again once it has been put right.
    await rm(path)
    await expect(getSizePrice('compute', 'ec2_linux', 't3.micro', 'us-east-1')).resolves.toBe(0.0104)
  })

  it('is refused if it is a directory', async () => {
    const path = join(home, '.libcloud', 'pricing.json')
    await mkdir(path, { recursive: true })
    await expect(getPricing('compute', 'ec2_linux')).rejects.toThrow(path)
  })

  it('does no harm with names of object members', async () => {
    await write('{"updated": 1767312000, "compute": {"__proto__": {"small": 1}, "x": {"__proto__": {"polluted": 1}}}}')
    expect((await getPricing('compute', '__proto__'))?.prices).toEqual({ small: 1 })
    await expect(getSizePrice('compute', 'x', '__proto__', 'polluted')).resolves.toBe(1)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })
})

describe('pricingFilePath', () => {
  it('is looked into, and nothing else', async () => {
    await write({ compute: { ec2_linux: { ...META, prices: { small: 1 } } } })
    const path = await write({ compute: { mine: { ...META, prices: { small: 3 } } } }, join(home, 'mine.json'))
    expect((await getPricing('compute', 'mine', { pricingFilePath: path }))?.prices).toEqual({ small: 3 })
    await expect(getPricing('compute', 'ec2_linux', { pricingFilePath: path })).resolves.toBeUndefined()
    await expect(getPricing('compute', 'mine')).resolves.toBeUndefined()
  })

  it('must be there', async () => {
    const path = join(home, 'absent.json')
    await expect(getPricing('compute', 'mine', { pricingFilePath: path })).rejects.toThrow(path)
  })
})

describe('the cache', () => {
  const table = (price: number): object => ({
    compute: { mine: { ...META, prices: { small: price } }, other: { ...META, prices: { small: price } } },
  })
  const price = (name = 'mine'): Promise<number | undefined> => getSizePrice('compute', name, 'small')

  it.each([
    ['invalidatePricingCache', invalidatePricingCache],
    ['clearPricingData', clearPricingData],
    ['invalidateModulePricingCache', () => invalidateModulePricingCache('compute', 'mine')],
  ])('keeps a table until %s', async (_name, clear) => {
    await write(table(1))
    await expect(price()).resolves.toBe(1)
    await write(table(2))
    await expect(price()).resolves.toBe(1)
    expect(getSizePriceSync('compute', 'mine', 'small')).toBe(1)
    clear()
    await expect(price()).resolves.toBe(2)
  })

  it('forgets one provider, and not the others', async () => {
    await write(table(1))
    await Promise.all([price(), price('other')])
    await write(table(2))
    invalidateModulePricingCache('compute', 'mine')
    expect(await Promise.all([price(), price('other')])).toEqual([2, 1])
  })

  it('keeps only what was asked for, or with cacheAll the file', async () => {
    await write(table(1))
    await price()
    await write(table(2))
    await expect(price('other')).resolves.toBe(2)
    invalidatePricingCache()
    await getPricing('compute', 'mine', { cacheAll: true })
    await write(table(3))
    await expect(price('other')).resolves.toBe(2)
  })

  it('does not keep what was being read when it was cleared', async () => {
    await write(table(1))
    const early = price()
    invalidatePricingCache()
    // Whether it reads the old file or the new one, it must be a whole one.
    await early
    await write(table(2))
    await expect(price()).resolves.toBe(2)
  })

  it('shares one table among those who ask together', async () => {
    const [first, second] = await Promise.all([getPricing('compute', 'ec2_linux'), getPricing('compute', 'ec2_linux')])
    expect(first).toBeDefined()
    expect(second).toBe(first)
  })
})

describe('setPricing', () => {
  const pricing: PriceTableInput = { ...META, prices: { small: 0.7, large: { here: 1.5 } } }

  it('comes before every file, until it is forgotten', async () => {
    setPricing('compute', 'ec2_linux', pricing)
    await expect(getSizePrice('compute', 'ec2_linux', 'small')).resolves.toBe(0.7)
    expect(getSizePriceSync('compute', 'ec2_linux', 'large', 'here')).toBe(1.5)
    invalidateModulePricingCache('compute', 'ec2_linux')
    await expect(getSizePrice('compute', 'ec2_linux', 't3.micro', 'us-east-1')).resolves.toBe(0.0104)
  })

  it('copies what it is given', async () => {
    const prices = { small: 1 }
    setPricing('compute', 'mine', { ...META, prices })
    prices.small = 2
    await expect(getSizePrice('compute', 'mine', 'small')).resolves.toBe(1)
  })

  it.each([
    ['a price of 0', { ...META, prices: { small: 0 } }],
    ['a price that is no number', { ...META, prices: { small: Number.NaN } }],
    ['text', { ...META, prices: { small: '1' } }],
    ['no source', { ...META, source: '', prices: { small: 1 } }],
    ['no unit', { currency: 'USD', date: '2026', source: 'x', prices: { small: 1 } }],
    ['no prices', META],
    ['nothing', undefined],
  ])('refuses %s', (_what, bad) => {
    expect(() => setPricing('compute', 'mine', bad as PriceTableInput)).toThrow(/setPricing: 'pricing/)
  })
})

describe('pricing.json', () => {
  interface Raw {
    readonly provider?: string
    readonly prices: object
  }
  const root = new URL('../../', import.meta.url)

  it('has nothing that is 0, negative or without a source, and no closed provider', async () => {
    const text = await readFile(new URL('pricing.json', root), 'utf8')
    const file = JSON.parse(text) as Record<'compute' | 'storage', Record<string, Raw>>
    const known = JSON.parse(await readFile(new URL('drivers/known.json', root), 'utf8')) as {
      api: string
      constant: string
      status: string
    }[]
    let figures = 0
    for (const driverType of ['compute', 'storage'] as const) {
      for (const [name, { provider }] of Object.entries(file[driverType])) {
        const table = await getPricing(driverType, name)
        expect(table, name).toMatchObject({
          currency: 'USD',
          unit: expect.stringMatching(/^(hour|(vCPU|GiB)-hour)$/),
          date: '2023-08-06',
          source: expect.stringContaining('Apache Libcloud'),
        })
        expect(provider, name).toMatch(/^[A-Z0-9_]+$/)
        const entry = known.find(({ api, constant }) => api === driverType && constant === provider)
        expect(entry?.status, name).not.toBe('closed')
        const prices = Object.values(table?.prices ?? {}).flatMap(price =>
          typeof price === 'number' ? [price] : Object.values(price),
        )
        expect(prices.length, name).toBeGreaterThan(0)
        // The dearest machine costs some hundred dollars an hour.
        expect(
          prices.filter(price => !(price > 0 && price < 1000)),
          name,
        ).toEqual([])
        figures += prices.length
      }
    }
    expect(figures).toBeGreaterThan(70_000)
  })

  it('is small enough to be shipped', async () => {
    expect((await readFile(new URL('pricing.json', root))).length).toBeLessThan(1_000_000)
  })
})
