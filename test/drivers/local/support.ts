import { type ChildProcess, spawn } from 'node:child_process'
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { LocalStorageDriver } from '../../../drivers/local/storage.js'

const made: string[] = []
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder for one test file, with a root in it for one test, and room beside that root. */
export function freshRoot(): string {
  const folder = mkdtempSync(join(tmpdir(), 'libcloud-local-'))
  made.push(folder)
  const root = join(folder, 'root')
  mkdirSync(root)
  return root
}

export function freshDriver(): { driver: LocalStorageDriver; root: string } {
  const root = freshRoot()
  return { driver: new LocalStorageDriver({ key: root }), root }
}

export async function textOf(stream: Promise<Readable>): Promise<string> {
  return text(await stream)
}

/** Everything below a folder, with what it holds: two of them are equal when nothing has changed. */
export function snapshot(folder: string, at = ''): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of readdirSync(join(folder, at)).sort()) {
    const path = join(at, name)
    const stats = lstatSync(join(folder, path))
    if (stats.isDirectory()) Object.assign(found, { [`${path}/`]: 'folder' }, snapshot(folder, path))
    else if (stats.isSymbolicLink()) found[path] = `-> ${readlinkSync(join(folder, path))}`
    else found[path] = stats.isFile() ? readFileSync(join(folder, path), 'latin1') : 'special'
  }
  return found
}

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url))
const LOADER = new URL('../../tools/ts.mjs', import.meta.url).href

/** The command that runs one of the tasks in child.ts. */
export function command(...args: string[]): string[] {
  return ['--import', LOADER, CHILD, ...args]
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly errors: string
}

/** Waits for a process to end. */
export function ended(child: ChildProcess): Promise<Ended> {
  let output = ''
  let errors = ''
  child.stdout?.on('data', data => {
    output += data
  })
  child.stderr?.on('data', data => {
    errors += data
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, output, errors }))
  })
}

/** Runs a task of child.ts in another process. */
export function run(...args: string[]): Promise<Ended> {
  return ended(spawn(process.execPath, command(...args)))
}
