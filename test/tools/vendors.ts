// What there is: the vendors' folders, and the providers that are known without a driver.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ApiName, DriverMeta, FamilyMember, VendorMeta } from '../../lib/meta.js'

export const root: string = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** The APIs, and what their generated types are called. */
export const APIS: Readonly<Record<ApiName, { type: string; base: string; title: string; rules: string }>> = {
  compute: {
    type: 'Compute',
    base: 'NodeDriver',
    title: 'Compute',
    rules: 'COMPUTE',
  },
  storage: {
    type: 'Storage',
    base: 'StorageDriver',
    title: 'Storage',
    rules: 'STORAGE',
  },
  dns: { type: 'DNS', base: 'DNSDriver', title: 'DNS', rules: 'DNS' },
  loadbalancer: {
    type: 'LoadBalancer',
    base: 'LoadBalancerDriver',
    title: 'Load balancers',
    rules: 'LOADBALANCER',
  },
  container: {
    type: 'Container',
    base: 'ContainerDriver',
    title: 'Containers',
    rules: 'CONTAINER',
  },
  backup: {
    type: 'Backup',
    base: 'BackupDriver',
    title: 'Backup',
    rules: 'BACKUP',
  },
}

/** A provider that Libcloud has or had, from a list made once. */
export interface KnownProvider {
  api: ApiName
  constant: string
  name: string
  status: 'planned' | 'closed' | 'renamed'
  year?: number
  note?: string
  aliasOf?: { constant: string; region?: string }
}

export const known: readonly KnownProvider[] = JSON.parse(readFileSync(join(root, 'drivers/known.json'), 'utf8'))

/** Every vendor's meta.ts, in the order of their folders. */
export async function readVendors(): Promise<VendorMeta[]> {
  const vendors: VendorMeta[] = []
  for (const entry of readdirSync(join(root, 'drivers'), {
    withFileTypes: true,
  }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = join(root, 'drivers', entry.name, 'meta.ts')
    if (!entry.isDirectory() || !existsSync(file)) continue
    const { meta } = (await import(pathToFileURL(file).href)) as {
      meta: VendorMeta
    }
    if (meta.vendor !== entry.name) throw new Error(`${file}: 'vendor' must be the folder's name`)
    vendors.push(meta)
  }
  return vendors
}

/** The rows of a driver's family. */
export async function readFamily(vendor: string, { file, family }: DriverMeta): Promise<readonly FamilyMember[]> {
  if (family === undefined) return []
  const module = await import(pathToFileURL(join(root, 'drivers', vendor, `${file}.vendors.ts`)).href)
  return module.VENDORS as readonly FamilyMember[]
}

/** The file that holds the generated classes of a driver's family, without its ending. */
export const familyFile = ({ file }: DriverMeta): string => `${file}.vendors.gen`

/** A driver's class, as it stands in the code. */
export async function loadDriver(vendor: string, driver: DriverMeta): Promise<new (options: object) => object> {
  const module = await import(pathToFileURL(join(root, 'drivers', vendor, `${driver.file}.ts`)).href)
  const driverClass = module[driver.class]
  if (typeof driverClass !== 'function')
    throw new Error(`drivers/${vendor}/${driver.file}.ts has no class ${driver.class}`)
  return driverClass
}
