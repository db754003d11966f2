// What a result must look like, whatever its provider.
import assert from 'node:assert/strict'

/** Complains of a value. */
export type Shape = (value: unknown, path: string) => void

const is =
  (type: string): Shape =>
  (value, path) =>
    assert.equal(typeof value, type, `${path} is ${String(value)}`)
export const string: Shape = is('string')
export const number: Shape = (value, path) =>
  assert.ok(typeof value === 'number' && Number.isFinite(value), `${path} is ${String(value)}`)
export const boolean: Shape = is('boolean')
export const object: Shape = (value, path) =>
  assert.ok(typeof value === 'object' && value !== null, `${path} is ${String(value)}`)
export const nothing: Shape = (value, path) => assert.equal(value, undefined, `${path} resolves to nothing`)
export const date: Shape = (value, path) =>
  assert.ok(value instanceof Date && !Number.isNaN(value.getTime()), `${path} is ${String(value)}`)
export const some: Shape = (value, path) =>
  assert.ok(typeof value === 'string' && value !== '', `${path} is ${JSON.stringify(value)}`)

export const maybe =
  (shape: Shape): Shape =>
  (value, path) => {
    if (value !== undefined) shape(value, path)
  }
export const list =
  (shape: Shape): Shape =>
  (value, path) => {
    assert.ok(Array.isArray(value), `${path} is a list`)
    for (const [index, item] of value.entries()) shape(item, `${path}[${index}]`)
  }
export const oneOf =
  (words: Readonly<Record<string, string>>): Shape =>
  (value, path) =>
    assert.ok(Object.values(words).includes(value as string), `${path} is ${String(value)}`)

/** An instance of a class, with its driver hidden, `extra` in camelCase, and these members. */
export const resource =
  (resourceClass: abstract new (...args: never[]) => object, members: Readonly<Record<string, Shape>>): Shape =>
  (value, path) => {
    assert.ok(value instanceof resourceClass, `${path} is a ${resourceClass.name}`)
    assert.ok(!Object.keys(value).includes('driver'), `${path}.driver is not enumerable`)
    for (const [name, shape] of Object.entries(members)) shape(Reflect.get(value, name), `${path}.${name}`)
    const extra = Reflect.get(value, 'extra')
    if (typeof extra !== 'object' || extra === null) return
    for (const name of Object.keys(extra)) assert.match(name, /^[a-z][A-Za-z0-9]*$/, `${path}.extra.${name}`)
  }
/** A resource that belongs to its creator. */
export const owned =
  (shape: Shape): Shape =>
  (value, path) => {
    shape(value, path)
    assert.equal(
      typeof Reflect.get(value as object, Symbol.asyncDispose),
      'function',
      `${path} can be held with 'await using'`,
    )
    assert.equal(typeof Reflect.get(value as object, 'keep'), 'function', `${path}.keep`)
  }

/** A shape for each method of an API. */
export function checker(shapes: Readonly<Record<string, Shape>>): (method: string, result: unknown) => void {
  return (method, result) => {
    const shape = shapes[method]
    assert.ok(shape, `no shape for ${method}`)
    shape(result, method)
  }
}
