import { readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { parse } from 'yaml'

/** A part of a description, which may be any JSON. */
export type Raw = Record<string, unknown>

/** A part of a description and the file where it stands, which its references start from. */
export interface Located {
  node: Raw
  file: string
  /** File and place: what tells it from all others. */
  identity: string
}

/** Files of a description, read once each, and references between them. */
export class Documents {
  private readonly files = new Map<string, Raw>()
  private readonly root: string

  constructor(root: string) {
    this.root = root
  }

  read(file: string): Raw {
    const known = this.files.get(file)
    if (known) return known
    const text = readFileSync(file, 'utf8')
    const parsed = (file.endsWith('.json') ? JSON.parse(text) : parse(text, { maxAliasCount: -1 })) as Raw
    this.files.set(file, parsed)
    return parsed
  }

  /** Follows references until there is none; a text that stands where an object is expected becomes an empty one. */
  follow(node: unknown, file: string, identity = ''): Located {
    let at: Located = { node: isRaw(node) ? node : {}, file, identity }
    for (let hops = 0; typeof at.node['$ref'] === 'string' && hops < 20; hops++)
      at = this.target(at.node['$ref'], at.file)
    return at
  }

  target(reference: string, from: string): Located {
    const [path = '', pointer = ''] = reference.split('#')
    const file = path === '' ? from : resolve(dirname(from), decodeURIComponent(path))
    let node: unknown = this.read(file)
    for (const token of pointer.split('/').slice(1)) {
      const name = decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~')
      node = isRaw(node) || Array.isArray(node) ? (node as Raw)[name] : undefined
      // A place below a reference is a place in what it refers to.
      if (isRaw(node) && typeof node['$ref'] === 'string' && token !== pointer.split('/').at(-1)) {
        node = this.target(node['$ref'], file).node
      }
    }
    if (node === undefined) throw new Error(`${relative(this.root, from)} refers to ${reference}, which is not there`)
    return { node: isRaw(node) ? node : {}, file, identity: `${relative(this.root, file)}#${pointer}` }
  }
}

export function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The members of an object, none of anything else. */
export function entries(value: unknown): [string, unknown][] {
  return isRaw(value) ? Object.entries(value) : []
}
