import { describe, expect, it } from 'vitest'
import { getDriver, Provider, setDriver } from '../../lib/compute/index.js'
import { getDriver as getDnsDriver } from '../../lib/dns/index.js'
import { DriverType, getDriver as getAnyDriver } from '../../lib/index.js'
import { createRegistry, preset } from '../../lib/registry.js'
import { known } from '../tools/vendors.js'

type AnyRegistry = { Provider: object; getDriver: (provider: string) => Promise<unknown> }
const apis: Readonly<Record<string, AnyRegistry>> = {
  compute: await import('../../lib/compute/index.js'),
  storage: await import('../../lib/storage/index.js'),
  dns: await import('../../lib/dns/index.js'),
  loadbalancer: await import('../../lib/loadbalancer/index.js'),
  container: await import('../../lib/container/index.js'),
  backup: await import('../../lib/backup/index.js'),
}

describe('the registry', () => {
  it('knows every provider that Libcloud has or had, and says what became of it', async () => {
    expect(known.length).toBeGreaterThan(200)
    for (const { api, constant, status, year, note } of known) {
      expect(apis[api]?.Provider, `${api} ${constant}`).toHaveProperty(constant, constant.toLowerCase())
      const found = await apis[api]?.getDriver(constant.toLowerCase()).catch((error: Error) => error)
      if (typeof found === 'function') continue
      expect(found).toMatchObject({
        name: 'NotSupportedError',
        code: 'NOT_SUPPORTED',
      })
      if (status === 'closed' && year) expect(String(found)).toContain(`closed in ${year}`)
      if (status !== 'planned' && note) expect(String(found)).toContain(note)
      if (status === 'planned') expect(String(found)).toContain('still to be written')
    }
  })

  it('suggests what may have been meant', async () => {
    await expect(getDnsDriver(String('digitalocean'))).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      argument: 'provider',
      message: expect.stringContaining("'digital_ocean'"),
    })
    for (const [wrong, right] of [
      ['EC2', "'ec2'?"],
      ['ec3', "'ec2'"],
      ['Azure-Arm', "'azure_arm'?"],
    ] as const) {
      await expect(getDriver(String(wrong))).rejects.toMatchObject({ message: expect.stringContaining(right) })
    }
    for (const odd of [undefined, 7, '__proto__', 'constructor', 'x'.repeat(10_000)]) {
      await expect(getDriver(odd as string)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      })
    }
  })

  it('loads a third party once it is registered, and no taken name', async () => {
    const { DummyNodeDriver } = await import('../../drivers/dummy/compute.js')
    class MyNodeDriver extends DummyNodeDriver {}
    setDriver('my-cloud', async () => MyNodeDriver)
    expect(await getDriver(String('my-cloud'))).toBe(MyNodeDriver)
    expect(() => setDriver('my-cloud', async () => MyNodeDriver)).toThrow(/already/)
    expect(() => setDriver(String(Provider.SLICEHOST), async () => MyNodeDriver)).toThrow(/already/)
    expect(() => setDriver(' ', async () => MyNodeDriver)).toThrow(/provider/)
    expect(() => setDriver('x', 'path/to/module' as never)).toThrow(/load/)
  })

  it('finds a driver of any API by its type', async () => {
    expect(await getAnyDriver(DriverType.COMPUTE, 'dummy')).toBe(await getDriver('dummy'))
    await expect(getAnyDriver('toaster' as 'compute', 'dummy')).rejects.toMatchObject({ argument: 'type' })
  })
})

describe('a regional alias', () => {
  it('is the same subclass each time, with its region unless one is given', () => {
    class Base {
      readonly region: string | undefined
      constructor(options: { region?: string | undefined } = {}) {
        this.region = options.region
      }
    }
    const Ireland = preset(Base, 'compute', 'base_eu_west', 'eu-west-1')
    expect(preset(Base, 'compute', 'base_eu_west', 'eu-west-1')).toBe(Ireland)
    expect(new Ireland()).toBeInstanceOf(Base)
    expect([
      new Ireland().region,
      new Ireland({ region: undefined }).region,
      new Ireland({ region: 'x' }).region,
    ]).toEqual(['eu-west-1', 'eu-west-1', 'x'])
    expect(Ireland.name).toBe('Base')
  })
})

it('a registry rejects with the reason why a provider is gone', async () => {
  const registry = createRegistry('compute', {}, { old: { status: 'renamed', name: 'Old', year: 2020, note: 'NEW' } })
  await expect(registry.get('old')).rejects.toMatchObject({
    message: "'old' (Old) was renamed in 2020: NEW",
  })
})
