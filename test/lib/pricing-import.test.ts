import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { getPricing, invalidatePricingCache } from 'libcloud/pricing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const SOURCE = {
  updated: 1_691_336_076,
  compute: {
    gandi: { small: '0.020', large: 0.06, none: 0.0 },
    ec2_linux: { 'a.b': { 'us-east-1': 0.1, 'us-west-1': 0 }, 'a.c': { 'us-west-1': 0.2 }, 'a.d': { 'us-east-1': 0 } },
    ec2_ap_northeast: { 't1.micro': 0.02 },
    cloudsigma_lvs: { small: 0 },
    gogrid: { '1GB': 0.19 },
    packet: { 'Type 0': 0.05 },
    gce_disks: {
      SSD: {
        description: 'd',
        on_demand: { r: { price: 0.1, sku: 's' } },
        preemptible: { r: { price: 0.05, sku: 't' } },
      },
      'Regional SSD': { on_demand: { r: { price: 0.1, sku: 's' } } },
    },
    softlayer: { small: { nested: { deeper: 1 } } },
    nobody_knows: { small: 1 },
  },
  storage: {},
}

let folder: string
let report: string
let options: { pricingFilePath: string }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pricing-import-'))
  const [source, target] = [join(folder, 'source.json'), join(folder, 'pricing.json')]
  await writeFile(source, JSON.stringify(SOURCE))
  const tool = (name: string): string => new URL(`../tools/${name}`, import.meta.url).pathname
  const args = ['--import', tool('ts.mjs'), tool('import-pricing.ts'), source, target]
  report = (await promisify(execFile)(process.execPath, args)).stdout
  options = { pricingFilePath: target }
})
afterAll(async () => {
  invalidatePricingCache()
  await rm(folder, { recursive: true })
})

describe('import-pricing', () => {
  it('leaves out zeros, reads text as numbers, keeps regions', async () => {
    const gandi = await getPricing('compute', 'gandi', options)
    expect(gandi).toMatchObject({ currency: 'USD', unit: 'hour', date: '2023-08-06', provider: 'GANDI' })
    expect(gandi?.prices).toEqual({ small: 0.02, large: 0.06 })
    const ec2 = await getPricing('compute', 'ec2_linux', options)
    expect(ec2?.prices).toEqual({ 'a.b': { 'us-east-1': 0.1 }, 'a.c': { 'us-west-1': 0.2 } })
  })

  it('leaves out rows that are of something else than their name says', async () => {
    const disks = await getPricing('compute', 'gce_disks', options)
    expect(disks?.prices).toEqual({ SSD: { r: 0.1 }, 'SSD preemptible': { r: 0.05 } })
    expect(disks?.unit).toBe('GiB-hour')
  })

  it.each([
    ['gogrid', 'GOGRID is closed'],
    ['packet', 'EQUINIXMETAL is closed'],
    ['ec2_ap_northeast', 'cannot be told apart'],
    ['cloudsigma_lvs', 'no price in it is known'],
    ['softlayer', 'UNKNOWN structure'],
    ['nobody_knows', 'UNKNOWN: no provider is known'],
  ])('reports %s: %s', async (name, why) => {
    expect(report.split('\n').find(line => line.startsWith(`left out  ${name}:`))).toContain(why)
    await expect(getPricing('compute', name, options)).resolves.toBeUndefined()
  })
})
