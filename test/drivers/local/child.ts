// What the tests have other processes do: `child.ts <task> <root> <further arguments>`.
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { LocalStorageDriver } from '../../../drivers/local/storage.js'
import { LibcloudError } from '../../../lib/errors.js'

const [task = '', root = '', ...rest] = process.argv.slice(2)
const driver = new LocalStorageDriver({ key: root })
const container = { name: 'shared' }

const TASKS: Readonly<Record<string, () => Promise<void>>> = {
  hammer,
  create,
  hang,
  denied,
  full,
  mounted,
}
await TASKS[task]?.()

/** Writes, reads and deletes a few names as fast as it can. Whatever it reads must be one whole value. */
async function hammer(): Promise<void> {
  const [id = '', rounds = ''] = rest
  for (let round = 0; round < Number(rounds); round++) {
    const name = `folder/${round % 2}`
    const value = bodyOf(`${id}-${round}`, (round * 7919) % 100_000)
    const md5 = createHash('md5').update(value).digest('hex')
    const chunks = [value.subarray(0, 1000), value.subarray(1000)]
    await driver.uploadObjectViaStream(chunks, container, name, {
      contentType: `text/x-${id}`,
      metaData: { writer: id, md5 },
    })
    if (round % 5 === 4) await unlessGone(driver.deleteObject({ name, container }))
    await unlessGone(check(name))
  }
}

function bodyOf(writer: string, length: number): Buffer {
  return Buffer.from(`${writer}\n${'x'.repeat(length)}\n${writer}`)
}

async function check(name: string): Promise<void> {
  const object = await driver.getObject(container.name, name)
  const { md5, writer } = object.metaData
  if (md5 === undefined || object.hash !== md5 || object.contentType !== `text/x-${writer}`) {
    throw new Error(`mixed: ${JSON.stringify(object)}`)
  }
  const chunks: Buffer[] = []
  for await (const chunk of await driver.downloadObjectAsStream({ name, container })) chunks.push(chunk)
  const [first, middle = '', last] = Buffer.concat(chunks).toString().split('\n')
  if (first !== last || !/^x*$/.test(middle)) throw new Error(`torn: ${first} ${last}`)
}

async function unlessGone(work: Promise<void>): Promise<void> {
  await work.catch(error => {
    if (!(error instanceof LibcloudError) || error.name !== 'ObjectDoesNotExistError') throw error
  })
}

/** Makes containers that others are making too; prints those that it was given. */
async function create(): Promise<void> {
  for (let round = 0; round < 40; round++) {
    try {
      await driver.createContainer(`raced-${round}`)
      console.log(round)
    } catch (error) {
      if ((error as Error).name !== 'ContainerAlreadyExistsError') throw error
    }
  }
}

/** Begins an upload and never ends it. */
async function hang(): Promise<void> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(300_000, 'x')
    console.log('begun')
    await sleep(60_000)
  }
  await driver.uploadObjectViaStream(source(), container, 'never/complete', { metaData: { a: 'b' } })
}

/** What a user without rights meets. Only the superuser has to become one first. */
async function denied(): Promise<void> {
  mkdirSync(`${root}/closed/inner`, { recursive: true })
  chmodSync(`${root}/closed`, 0)
  chmodSync(root, 0o555)
  if (process.getuid?.() === 0) process.setuid?.(65_534)
  const closed = { name: 'closed' }
  const calls = [
    () => driver.createContainer('new'),
    () => driver.getObject('closed', 'inner/a'),
    () => driver.listContainerObjects(closed),
    () => driver.uploadObjectViaStream('x', closed, 'a'),
    () => driver.downloadObjectAsStream({ name: 'a', container: closed }),
    () => driver.deleteObject({ name: 'a', container: closed }),
    () => driver.deleteContainer(closed),
  ]
  for (const call of calls) console.log(await outcome(call))
}

/** What happens when the disk is full, and that nothing of it remains. */
async function full(): Promise<void> {
  const made = await driver.createContainer('small')
  console.log(await outcome(() => driver.uploadObjectViaStream(Buffer.alloc(4_000_000), made, 'deep/large')))
  console.log((await driver.listContainerObjects(made)).length)
  await driver.uploadObjectViaStream(Buffer.alloc(100_000), made, 'deep/little')
  console.log((await driver.listContainerObjects(made)).length)
}

/** A container that is another file system. */
async function mounted(): Promise<void> {
  console.log(await outcome(() => driver.uploadObjectViaStream('x', { name: 'mounted' }, 'deep/object')))
  console.log((await driver.listContainerObjects({ name: 'mounted' })).length)
}

async function outcome(call: () => PromiseLike<unknown>): Promise<string> {
  try {
    await call()
    return 'done'
  } catch (error) {
    const { name, message, cause } = error as LibcloudError
    const shown = message.includes(root) ? ' shows the path' : ''
    return `${name} ${(cause as NodeJS.ErrnoException | undefined)?.code}${shown}`
  }
}
