// What a real server has shown: recorded by the real suites, committed, and held to from then on.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { BaseDriver } from '../../lib/driver.js'
import type { ApiName } from '../../lib/meta.js'
import type { ProofFile } from '../tools/proof.js'

/** The methods of a driver that have succeeded on a real server. */
export interface Proving {
  /** The driver as it is, but that its successes are noted. */
  watch<D extends BaseDriver>(driver: D): D
  /**
   * Compares what was shown with what was shown before, in the last test of a suite; a method that is no longer shown
   * is a failure. With LIBCLOUD_PROVE=1 it writes instead.
   */
  settle(server: string): void
}

/** Begins to note what a vendor's driver does. */
export function prove(vendor: string, api: ApiName): Proving {
  const shown = new Set<string>()
  const note = (method: string, result: unknown): unknown => {
    if (typeof (result as Promise<unknown> | undefined)?.then !== 'function') {
      shown.add(method)
      return result
    }
    // A Pager must not be asked here: it is noted when its user asks.
    if (typeof result === 'object' && result !== null && 'pages' in result) return notePager(method, result)
    return (result as Promise<unknown>).then(value => {
      shown.add(method)
      return value
    })
  }
  const notePager = (method: string, pager: object): object =>
    new Proxy(pager, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          if (name !== 'then') {
            shown.add(method)
            return Reflect.apply(member, target, args)
          }
          const [resolve, reject] = args as [((value: unknown) => unknown) | undefined, unknown]
          const noted = (value: unknown): unknown => {
            shown.add(method)
            return resolve ? resolve(value) : value
          }
          return Reflect.apply(member, target, [noted, reject])
        }
      },
    })
  return {
    watch: driver =>
      new Proxy(driver, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name, target)
          if (typeof member !== 'function' || typeof name !== 'string') return member
          return (...args: unknown[]) => note(name, Reflect.apply(member, target, args))
        },
      }),
    settle(server) {
      const file = join(dirname(fileURLToPath(import.meta.url)), '../../fixtures', vendor, 'proof.json')
      const all = read(file)
      const before = all[api] ?? {}
      const methods = [...shown]
        .filter(name => /^(ex_|[a-z])/.test(name) && !['supports', 'close', 'toJSON'].includes(name))
        .sort()
      if (process.env['LIBCLOUD_PROVE'] === '1') {
        const date = new Date().toISOString().slice(0, 10)
        const proven = Object.fromEntries(
          methods.map(name => [name, before[name]?.server === server ? before[name] : { server, date }]),
        )
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, `${JSON.stringify({ ...all, [api]: proven }, undefined, 1)}\n`)
      }
      const regressed = Object.keys(before).filter(name => !shown.has(name))
      expect(regressed, `methods that ${server} had shown before`).toEqual([])
    },
  }
}

function read(file: string): ProofFile {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProofFile
  } catch {
    return {}
  }
}
