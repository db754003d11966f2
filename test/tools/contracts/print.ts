const WIDTH = 120
/** What is said first; all other keys follow in the order of the alphabet. */
const FIRST = ['vendor', 'source', 'date', 'version', 'format', 'services', 'newer', 'id', 'service', 'method', 'path']
const NEXT = ['in', 'name', 'type', '$ref', 'required', 'parameters', 'request', 'responses', 'root', 'operations']
const RANK = new Map([...FIRST, ...NEXT].map((key, index) => [key, index]))

/** JSON with sorted keys; what fits on a line stands on one. */
export function print(value: unknown): string {
  return `${format(sort(value, false), 0, 0)}\n`
}

/** Members of `properties` and the like are names of the provider's, which no order but the alphabet's suits. */
function sort(value: unknown, names: boolean): unknown {
  if (Array.isArray(value)) return value.map(item => sort(item, false))
  if (typeof value !== 'object' || value === null) return value
  const rank = (key: string) => (names ? undefined : RANK.get(key)) ?? RANK.size
  const keys = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key]) => key)
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  const isNames = (key: string) => !names && /^(properties|schemas|content|responses|services)$/.test(key)
  return Object.fromEntries(keys.map(key => [key, sort((value as Record<string, unknown>)[key], isNames(key))]))
}

function format(value: unknown, indent: number, used: number): string {
  const line = inline(value)
  if (typeof value !== 'object' || value === null || indent + used + line.length < WIDTH) return line
  const inner = ' '.repeat(indent + 2)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  const lines = Array.isArray(value)
    ? fill(value, indent + 2)
    : Object.entries(value).map(([key, member]) => {
        const start = `${JSON.stringify(key)}: `
        return start + format(member, indent + 2, start.length + 1)
      })
  return `${open}\n${lines.map(text => inner + text).join(',\n')}\n${' '.repeat(indent)}${close}`
}

/** Long lists of words (enumerations) fill lines; all other lists have an element a line. */
function fill(list: unknown[], indent: number): string[] {
  if (list.some(item => typeof item === 'object')) return list.map(item => format(item, indent, 1))
  const lines: string[] = []
  for (const item of list.map(word => JSON.stringify(word))) {
    const last = lines.at(-1)
    if (last !== undefined && indent + last.length + item.length + 3 < WIDTH)
      lines[lines.length - 1] = `${last}, ${item}`
    else lines.push(item)
  }
  return lines
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${inline(member)}`)
  return members.length > 0 ? `{ ${members.join(', ')} }` : '{}'
}
