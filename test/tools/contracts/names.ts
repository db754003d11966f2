import type { Schema } from '../../conformance/contract.js'

/** Schemas that are shared, by name; each is reduced once, which lets them refer to each other in circles. */
export class SchemaStore {
  readonly schemas: Record<string, Schema> = {}
  private readonly names = new Map<string, string>()

  /**
   * The name under which a shared schema stands.
   *
   * @param identity What tells it from all others: its file and place there.
   * @param wanted Its name, shortest first; the first that nothing else has is taken.
   */
  name(identity: string, wanted: string[], reduce: () => Schema): string {
    const known = this.names.get(identity)
    if (known !== undefined) return known
    const taken = new Set(this.names.values())
    const name = wanted.find(one => !taken.has(one)) ?? `${wanted.at(-1)}.${taken.size}`
    this.names.set(identity, name)
    this.schemas[name] = reduce()
    return name
  }
}

/** Every schema that these refer to, and what those refer to. */
export function reachable(roots: unknown, schemas: Record<string, Schema>): Record<string, Schema> {
  const found: Record<string, Schema> = {}
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const name of referred(node)) {
      const schema = schemas[name]
      if (!schema) throw new Error(`no schema '${name}'`)
      if (found[name]) continue
      found[name] = schema
      visit(schema)
    }
    Object.values(node).forEach(visit)
  }
  visit(roots)
  return found
}

function referred(node: object): string[] {
  const { $ref, discriminator } = node as Schema
  const mapped = typeof discriminator?.mapping === 'object' ? Object.values(discriminator.mapping) : []
  return [...(typeof $ref === 'string' ? [$ref] : []), ...mapped]
}
