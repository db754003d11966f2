// Reduces providers' descriptions of their APIs to what the drivers use of them: fixtures/contracts/<vendor>.json.
//
//   npm run contracts -- <vendor> <description>… [--source <public name> --date <yyyy-mm-dd> --version <version>]
//     [--base <path>] [--all | --only <pattern of operation ids>] [--out <file>] [--fixtures <folder>]
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import {
  type Contract,
  type ContractFile,
  loadContract,
  type Operation,
  type Service,
} from '../conformance/contract.js'
import { parseFixture } from '../conformance/fixture.js'
import { readBotocore } from './contracts/botocore.js'
import { readDiscovery } from './contracts/discovery.js'
import { Documents, isRaw, type Raw } from './contracts/documents.js'
import { reachable, SchemaStore } from './contracts/names.js'
import { readOpenApi } from './contracts/openapi.js'
import { print } from './contracts/print.js'

/** All that the descriptions say, reduced. */
export function readDescriptions(vendor: string, paths: string[], base?: string): ContractFile {
  const files = paths.map(path => resolve(path))
  const documents = new Documents(dirname(files[0] ?? '.'))
  const store = new SchemaStore()
  const operations: Operation[] = []
  const services: Record<string, Service> = {}
  const formats = new Set<string>()
  const versions: string[] = []
  for (const file of files) {
    const root = documents.read(file)
    const info = isRaw(root['info']) ? root['info'] : {}
    if (isRaw(root['metadata'])) {
      const [found, name, service] = readBotocore(file, documents, store)
      operations.push(...found)
      services[name] = service
      versions.push(files.length > 1 ? `${name} ${service.version}` : service.version)
    } else if (root['discoveryVersion'] !== undefined) {
      operations.push(...readDiscovery(file, documents, store))
      versions.push(`${files.length > 1 ? `${root['name']} ` : ''}${root['version']} ${root['revision'] ?? ''}`.trim())
    } else {
      operations.push(...readOpenApi(file, documents, store, base))
      versions.push(String(info['version']))
    }
    formats.add(formatOf(root))
  }
  return {
    vendor,
    source: '',
    date: '',
    version: [...new Set(versions)].join(', '),
    format: [...formats].sort().join(', '),
    ...(Object.keys(services).length > 0 ? { services } : {}),
    operations: operations.sort(byPath),
    schemas: store.schemas,
    newer: [],
  }
}

function formatOf(root: Raw): string {
  if (root['openapi'] !== undefined) return `openapi ${root['openapi']}`
  if (root['swagger'] !== undefined) return `swagger ${root['swagger']}`
  if (root['discoveryVersion'] !== undefined) return `discovery ${root['discoveryVersion']}`
  if (isRaw(root['metadata'])) return `botocore ${root['metadata']['protocol']}`
  throw new Error('neither OpenAPI, Swagger, Discovery nor botocore')
}

function byPath(a: Operation, b: Operation): number {
  const key = ({ service, path, method, id }: Operation) => [service ?? '', path, method, id].join('\n')
  return key(a) < key(b) ? -1 : 1
}

/** The contract with these operations only, and the schemas that they need. */
export function reduceTo(file: ContractFile, keep: (operation: Operation) => boolean): ContractFile {
  const operations = file.operations.filter(keep)
  const used = new Set(operations.map(({ service }) => service))
  const services = Object.entries(file.services ?? {}).filter(([name]) => used.has(name))
  const { services: _, ...rest } = file
  return {
    ...rest,
    ...(services.length > 0 ? { services: Object.fromEntries(services) } : {}),
    operations,
    schemas: reachable(operations, file.schemas),
  }
}

/** Operations that the requests in a vendor's fixtures ask for; requests that ask for none are told to `unknown`. */
export function usedOperations(contract: Contract, folder: string, unknown: (line: string) => void): Set<Operation> {
  const used = new Set<Operation>()
  for (const path of globSync('**/*.http', { cwd: folder }).sort()) {
    if (path.split('/').includes('errors')) continue
    for (const { request } of parseFixture(readFileSync(join(folder, path), 'utf8'), path).exchanges) {
      const operation = contract.operation({ ...request, path: request.target })
      if (operation) used.add(operation)
      else unknown(`${path}: ${request.method} ${request.target}`)
    }
  }
  return used
}

function main(): void {
  const text = { type: 'string' } as const
  const options = { source: text, date: text, version: text, base: text, only: text, out: text, fixtures: text }
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ...options, all: { type: 'boolean' } },
  })
  const [vendor, ...paths] = positionals
  if (!vendor || paths.length === 0) throw new Error('a vendor and its description are needed')
  const fixtures = resolve(values.fixtures ?? join(import.meta.dirname, '../../fixtures'))
  const out = resolve(values.out ?? join(fixtures, 'contracts', `${vendor}.json`))
  const previous = existsSync(out) ? (JSON.parse(readFileSync(out, 'utf8')) as ContractFile) : undefined
  const source = values.source ?? previous?.source
  const date = values.date ?? previous?.date
  if (!source || !date) throw new Error('--source and --date are needed the first time')
  const all = readDescriptions(vendor, paths, values.base)
  const head = { source, date, version: values.version ?? all.version, newer: previous?.newer ?? [] }
  const contract = loadContract({ ...all, ...head })
  const only = values.only === undefined ? undefined : new RegExp(values.only)
  const warn = (line: string) => console.warn(`not in the description: ${line}`)
  const used = values.all || only ? undefined : usedOperations(contract, join(fixtures, vendor), warn)
  const reduced = reduceTo(contract.file, one => values.all || (only ? only.test(one.id) : used?.has(one)) || false)
  if (reduced.operations.length === 0) throw new Error('no operation is used')
  mkdirSync(dirname(out), { recursive: true })
  const printed = print(reduced)
  writeFileSync(out, printed)
  const { length } = reduced.operations
  console.log(
    `${relative(process.cwd(), out)}: ${length} of ${all.operations.length} operations, ${printed.length} characters`,
  )
}

if (import.meta.main) main()
