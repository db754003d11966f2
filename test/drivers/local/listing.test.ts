import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareNames } from '../../../drivers/local/names.js'
import { inFolder } from '../../../drivers/local/tree.js'
import { readNames } from '../../../drivers/local/walk.js'
import { freshDriver, freshRoot } from './support.js'

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

function plant(folder: string, names: Iterable<string>): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), '')
  }
}

// Characters around the slash in ASCII, and those that UTF-8 and UTF-16 order differently.
const part = fc.string({
  unit: fc.constantFrom('a', 'b', '!', '.', '0', '-', '\uffee', '\u{1f600}', 'é'),
  minLength: 1,
  maxLength: 3,
})
const name = fc
  .array(
    part.filter(each => each !== '.' && each !== '..'),
    { minLength: 1, maxLength: 3 },
  )
  .map(parts => parts.join('/'))
/** Names that can stand together in one tree. */
const tree = fc.uniqueArray(name, { maxLength: 25 }).map(names => {
  return names.filter(each => !names.some(other => other.startsWith(`${each}/`)))
})

describe('LOCAL: lists', () => {
  it('compareNames: is the order of UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(Math.sign(compareNames(a, b))).toBe(Math.sign(byBytes(a, b)))
      }),
    )
  })

  it('listContainerObjects: every tree in the order of its names, from any token, with any prefix', async () => {
    const { driver, root } = freshDriver()
    const list = async (token: string | undefined, prefix: string | undefined): Promise<string[]> => {
      const found: string[] = []
      for await (const page of driver.listContainerObjects({ name: 'c' }, { prefix }).pages(token)) {
        found.push(...page.items.map(each => each.name))
      }
      return found
    }
    const prefix = fc.oneof(
      name,
      name.map(each => `${each}/`),
      fc.constantFrom('a', 'a/', '../', '/', './', 'a//', 'a/../'),
    )
    await fc.assert(
      fc.asyncProperty(tree, name, prefix, async (names, token, prefix) => {
        rmSync(join(root, 'c'), { recursive: true, force: true })
        mkdirSync(join(root, 'c/empty folder'), { recursive: true })
        symlinkSync('..', join(root, 'c/link'))
        plant(join(root, 'c'), names)
        const sorted = [...names].sort(byBytes)
        expect(await list(undefined, undefined)).toEqual(sorted)
        expect(await list(token, undefined)).toEqual(sorted.filter(each => byBytes(each, token) > 0))
        expect(await list(undefined, prefix)).toEqual(sorted.filter(each => each.startsWith(prefix)))
        const both = sorted.filter(each => each.startsWith(prefix) && byBytes(each, token) > 0)
        expect(await list(token, prefix)).toEqual(both)
      }),
      { numRuns: 40 },
    )
  })

  it('listContainerObjects: 30,000 objects page by page, holding one page', { timeout: 120_000 }, async () => {
    const { driver, root } = freshDriver()
    const names: string[] = []
    for (let folder = 0; folder < 15; folder++) {
      for (let file = 0; file < 1000; file++) names.push(`many/${String(folder).padStart(2, '0')}/${file + 1000}`)
    }
    for (let file = 0; file < 15_000; file++) names.push(`one/${String(file).padStart(5, '0')}`)
    plant(join(root, 'c'), names)
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const heap = (): number => {
      collect()
      return process.memoryUsage().heapUsed / 1_048_576
    }
    const container = { name: 'c' }
    const before = heap()
    let most = 0
    let count = 0
    for await (const object of driver.listContainerObjects(container)) {
      if (object.name !== names[count]) throw new Error(`${object.name} in place of ${names[count]}`)
      count += 1
      if (count % 2500 === 1) most = Math.max(most, heap() - before)
    }
    expect(count).toBe(30_000)
    const all = await driver.listContainerObjects(container)
    const held = heap() - before
    expect(all).toHaveLength(30_000)
    // MiB: what a walk holds, against what the same measure says of holding all.
    expect(most).toBeLessThan(6)
    expect(held).toBeGreaterThan(10)
    const pages: number[] = []
    for await (const page of driver.listContainerObjects(container).pages(names[27_999])) pages.push(page.items.length)
    expect(pages).toEqual([1000, 1000])
    const open = (): number => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0)
    const opened = open()
    for (let round = 0; round < 20; round++) for await (const _ of driver.listContainerObjects(container)) break
    expect(open()).toBe(opened)
  })

  it('listContainerObjects: a walk that is left and gone on with later sees what has changed meanwhile', async () => {
    const { driver, root } = freshDriver()
    const names = Array.from({ length: 2500 }, (_, index) => `d/${index + 10_000}`)
    plant(join(root, 'c'), names)
    const list = driver.listContainerObjects({ name: 'c' })
    const seen: string[] = []
    for await (const page of list.pages()) {
      seen.push(...page.items.map(each => each.name))
      if (seen.length === 1000) {
        rmSync(join(root, 'c/d/12000'))
        plant(join(root, 'c'), ['e/new'])
      }
    }
    expect(seen).toEqual([...names.filter(each => each !== 'd/12000'), 'e/new'].filter(each => seen.includes(each)))
    expect(seen).not.toContain('d/12000')
    expect(seen.length).toBeGreaterThanOrEqual(2499)
    rmSync(join(root, 'c'), { recursive: true })
    await expect(driver.listContainerObjects({ name: 'c' })).rejects.toMatchObject({
      name: 'ContainerDoesNotExistError',
    })
  })

  it('listContainers: more than a page of them', async () => {
    const { driver, root } = freshDriver()
    const names = Array.from({ length: 1100 }, (_, index) => `c${index % 7 === 0 ? '-' : ''}${index}`)
    for (const name of [...names, '.libcloud', 'back\\slash']) mkdirSync(join(root, name))
    plant(root, ['file'])
    symlinkSync(names[0] as string, join(root, 'link'))
    const sizes: number[] = []
    const found: string[] = []
    for await (const page of driver.listContainers().pages()) {
      sizes.push(page.items.length)
      found.push(...page.items.map(each => each.name))
    }
    expect(sizes).toEqual([1000, 100])
    expect(found).toEqual([...names].sort(byBytes))
  })

  it('readNames: of a folder larger than its window the first, and that there are more', async () => {
    const root = freshRoot()
    const names = Array.from({ length: 95 }, (_, index) => String(index + 100))
    plant(root, [...names].reverse())
    const read = (after: string, most: number): ReturnType<typeof readNames> =>
      inFolder(root, [], folder => readNames(folder, each => each > after, most))
    expect(await read('', 10)).toEqual({ names: names.slice(0, 10), more: true })
    expect(await read('149', 10)).toEqual({ names: names.slice(50, 60), more: true })
    expect(await read('149', 45)).toEqual({ names: names.slice(50), more: false })
  })

  it('listContainerObjects: file names that are not Unicode are no objects', async context => {
    if (process.platform !== 'linux') context.skip()
    const { driver, root } = freshDriver()
    plant(join(root, 'c'), ['\ufffd'])
    writeFileSync(Buffer.concat([Buffer.from(join(root, 'c/')), Buffer.from([0xff])]), 'x')
    const container = { name: 'c' }
    expect((await driver.listContainerObjects(container)).map(each => each.name)).toEqual(['\ufffd'])
    await driver.deleteObject({ name: '\ufffd', container })
    await expect(driver.deleteContainer(container)).rejects.toMatchObject({ name: 'ContainerIsNotEmptyError' })
  })
})
