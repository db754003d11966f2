import { InvalidRequestError } from '../errors.js'

/** A value of a query parameter; a list repeats the parameter, `undefined` leaves it out. */
export type QueryValue = string | number | boolean | undefined | readonly (string | number)[]
export type QueryValues = Readonly<Record<string, QueryValue>>

/** Text that is part of a path as it is. */
export class EncodedPath {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Percent-encodes all but the unreserved characters of RFC 3986. */
export function encode(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function segment(value: string | number): string {
  const text = String(value)
  // Servers and proxies resolve dots away, also encoded ones: the request would go elsewhere.
  if (text === '' || text === '.' || text === '..' || text.includes('\0') || !text.isWellFormed()) {
    const allowed = "not empty, not '.' or '..', and without NUL"
    throw new InvalidRequestError(`A part of the request's path must be ${allowed}`, { argument: 'path', allowed })
  }
  return encode(text)
}

/** An object's name as part of a path: its slashes stay, everything else is encoded. */
export function slashed(name: string): EncodedPath {
  return new EncodedPath(
    name
      .split('/')
      .map(part => (part === '' ? '' : segment(part)))
      .join('/'),
  )
}

/** A request's path whose values cannot leave their place: path`/v2/droplets/${id}`. */
export function path(strings: TemplateStringsArray, ...values: readonly (string | number | EncodedPath)[]): string {
  let result = strings[0] as string
  for (const [index, value] of values.entries()) {
    if (value === undefined || value === null) {
      const allowed = 'a string or a number'
      throw new InvalidRequestError(`A part of the request's path is missing`, { argument: 'path', allowed })
    }
    result += (value instanceof EncodedPath ? value.text : segment(value)) + strings[index + 1]
  }
  return result
}

/** `?a=1&b=2`, or nothing. */
export function queryString(values: QueryValues | undefined): string {
  if (values === undefined) return ''
  let text = ''
  for (const name of Object.keys(values)) {
    const value = values[name]
    if (value === undefined) continue
    for (const each of Array.isArray(value) ? value : [value]) {
      const plain = String(each)
      if (!plain.isWellFormed()) {
        const allowed = 'well-formed Unicode'
        throw new InvalidRequestError(`The query's '${name}' must be ${allowed}`, { argument: name, allowed })
      }
      text += `${text === '' ? '?' : '&'}${encode(name)}=${encode(plain)}`
    }
  }
  return text
}

/** The `application/x-www-form-urlencoded` form of the same. */
export function formBody(values: QueryValues): string {
  return queryString(values).slice(1)
}
