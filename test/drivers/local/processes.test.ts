import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LocalStorageDriver } from '../../../drivers/local/storage.js'
import { command, type Ended, ended, freshDriver, freshRoot, run, textOf } from './support.js'

describe('LOCAL: many processes', () => {
  it('uploadObjectViaStream: readers see whole values, each with its own description', async () => {
    const { driver, root } = freshDriver()
    const container = await driver.createContainer('shared')
    const children = await Promise.all(['a', 'b', 'c'].map(id => run('hammer', root, id, '80')))
    for (const { code, errors } of children) expect(errors + code).toBe('0')
    await driver.uploadObjectViaStream('last', container, 'folder/0', { metaData: { mine: 'yes' } })
    const object = await driver.getObject('shared', 'folder/0')
    expect(object.metaData).toEqual({ mine: 'yes' })
    expect(await textOf(driver.downloadObjectAsStream(object))).toBe('last')
    expect(readdirSync(join(root, '.libcloud/tmp'))).toEqual([])
  })

  it('createContainer: of several that make the same one, exactly one succeeds', async () => {
    const root = freshRoot()
    const children = await Promise.all([run('create', root), run('create', root), run('create', root)])
    for (const { code, errors } of children) expect(errors + code).toBe('0')
    const winners = children.flatMap(({ output }) => output.trim().split('\n').filter(Boolean)).map(Number)
    expect(winners.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, round) => round))
  })

  it('uploadObjectViaStream: a process that is killed leaves nothing that is seen, and what it leaves goes by age', async () => {
    const { driver, root } = freshDriver()
    const container = await driver.createContainer('shared')
    const child = spawn(process.execPath, command('hang', root))
    const end = ended(child)
    await new Promise<void>(resolve => child.stdout.on('data', () => resolve()))
    child.kill('SIGKILL')
    expect((await end).signal).toBe('SIGKILL')
    expect(await driver.listContainerObjects(container)).toEqual([])
    await expect(driver.getObject('shared', 'never/complete')).rejects.toThrow('there is no object')
    expect(readdirSync(join(root, 'shared'))).toEqual([])
    expect((await driver.listContainers()).map(({ name }) => name)).toEqual(['shared'])
    const left = readdirSync(join(root, '.libcloud/tmp'))
    expect(left).toHaveLength(1)
    const path = join(root, '.libcloud/tmp', left[0] as string)
    // Another process may still be writing it.
    await new LocalStorageDriver({ key: root }).uploadObjectViaStream('x', container, 'y')
    expect(existsSync(path)).toBe(true)
    const yesterday = Date.now() / 1000 - 90_000
    utimesSync(path, yesterday, yesterday)
    await new LocalStorageDriver({ key: root }).uploadObjectViaStream('x', container, 'y')
    expect(existsSync(path)).toBe(false)
  })

  it('every method: what the system denies is PermissionDeniedError', async context => {
    if (process.platform === 'win32') context.skip()
    const { code, output, errors } = await run('denied', freshRoot())
    expect(errors + code).toBe('0')
    expect(output.trim().split('\n')).toEqual(Array(7).fill('PermissionDeniedError EACCES'))
  })

  it('uploadObjectViaStream: a full disk is QuotaExceededError, and nothing stays', async context => {
    const root = freshRoot()
    const { code, output, errors } = await mounted(context, root, 'full', root)
    expect(errors + code).toBe('0')
    expect(output.trim().split('\n')).toEqual(['QuotaExceededError ENOSPC', '0', '1'])
  })

  it('uploadObjectViaStream: into a container on another file system says so', async context => {
    const root = freshRoot()
    mkdirSync(join(root, 'mounted'))
    const { code, output, errors } = await mounted(context, join(root, 'mounted'), 'mounted', root)
    expect(errors + code).toBe('0')
    expect(output.trim().split('\n')).toEqual(['ServiceError EXDEV', '0'])
  })
})

/** Runs a task of child.ts with a small file system of its own mounted somewhere, where that is allowed. */
async function mounted(context: { skip(): void }, at: string, ...task: string[]): Promise<Ended> {
  const script = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"'
  const mount = ['--user', '--map-root-user', '--mount', 'sh', '-c', script, at]
  if (spawnSync('unshare', [...mount, 'true']).status !== 0) context.skip()
  return ended(spawn('unshare', [...mount, process.execPath, ...command(...task)]))
}
