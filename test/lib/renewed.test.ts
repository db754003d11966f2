import { describe, expect, it } from 'vitest'
import { TimeoutError } from '../../lib/errors.js'
import { type Lasting, Renewed } from '../../lib/renewed.js'

const MINUTE = 60_000

interface Rig {
  readonly token: Renewed<string>
  readonly fetched: string[]
  /** The time that it is. */
  at: number
  /** Milliseconds that a new one lives. */
  life: number | undefined
  fail: Error | undefined
  hold: Promise<void> | undefined
}
function rig(): Rig {
  const made: Omit<Rig, 'token'> = {
    fetched: [],
    at: 1000 * MINUTE,
    life: 60 * MINUTE,
    fail: undefined,
    hold: undefined,
  }
  const fetch = async (): Promise<Lasting<string>> => {
    await made.hold
    if (made.fail) throw made.fail
    const value = `token-${made.fetched.push('')}`
    return { value, expiresAt: made.life === undefined ? undefined : made.at + made.life }
  }
  const token = new Renewed({
    provider: 'rig',
    what: 'token',
    fetch,
    early: 5 * MINUTE,
    ahead: 15 * MINUTE,
    now: () => made.at,
  })
  return Object.assign(made, { token })
}

describe('Renewed', () => {
  it('is fetched once for all who wait, and kept', async () => {
    const it = rig()
    expect(it.token.current()).toBeUndefined()
    expect(await Promise.all([it.token.get(), it.token.get(), it.token.get()])).toEqual([
      'token-1',
      'token-1',
      'token-1',
    ])
    it.at += 30 * MINUTE
    expect(it.token.current()).toBe('token-1')
    expect(it.fetched).toHaveLength(1)
  })

  it('is renewed in the background first, and waited for at the end', async () => {
    const it = rig()
    await it.token.get()
    it.at += 46 * MINUTE
    expect(it.token.current()).toBe('token-1')
    expect(await it.token.get()).toBe('token-1')
    await new Promise(resolve => setImmediate(resolve))
    expect(it.token.current()).toBe('token-2')
    it.at += 56 * MINUTE
    expect(it.token.current()).toBeUndefined()
    expect(await it.token.get()).toBe('token-3')
  })

  it('that has no end is never renewed, but when it is refused', async () => {
    const it = rig()
    it.life = undefined
    await it.token.get()
    it.at += 1e9
    expect(it.token.current()).toBe('token-1')
    it.token.refuse('another')
    expect(it.token.current()).toBe('token-1')
    it.token.refuse('token-1')
    expect(await it.token.get()).toBe('token-2')
  })

  it('is used to its end where no new one is to be had; then the failure is told, and the next call tries again', async () => {
    const it = rig()
    await it.token.get()
    it.fail = new Error('the service is away')
    it.at += 56 * MINUTE
    expect(await it.token.get()).toBe('token-1')
    it.at += 5 * MINUTE
    await expect(it.token.get()).rejects.toThrow('the service is away')
    it.fail = undefined
    expect(await it.token.get()).toBe('token-2')
  })

  it('ends for nobody else when one caller has had enough', async () => {
    const it = rig()
    let release = (): void => {}
    it.hold = new Promise(resolve => {
      release = resolve
    })
    const controller = new AbortController()
    const one = it.token.get({ signal: controller.signal })
    const other = it.token.get()
    const late = it.token.get({ timeout: 5 })
    controller.abort('enough')
    await expect(one).rejects.toBe('enough')
    await expect(late).rejects.toBeInstanceOf(TimeoutError)
    release()
    expect(await other).toBe('token-1')
  })
})
