import { describe, expect, it } from 'vitest'
import { type Look, poll } from '../../lib/poller.js'

const subject = { provider: 'p', what: 'the thing to be done', interval: 1 }
const looks = (...states: Look<string>[]) => {
  let at = 0
  return async (): Promise<Look<string>> => states[Math.min(at++, states.length - 1)] as Look<string>
}

describe('poll', () => {
  it('looks until it is done, and tells how it goes', async () => {
    const seen: unknown[] = []
    const value = await poll(
      looks({ state: 'new' }, { state: 'half', percent: 50 }, { done: true, value: 'v' }),
      subject,
      {
        onProgress: ({ state, percent }) => seen.push([state, percent]),
      },
    )
    expect(value).toBe('v')
    expect(seen).toEqual([
      ['new', undefined],
      ['half', 50],
    ])
  })

  it('fails at once in a failure state, with the last state', async () => {
    await expect(
      poll(looks({ state: 'new' }, { failed: 'out of disks', state: 'error' }), subject),
    ).rejects.toMatchObject({
      code: 'WAIT',
      lastState: 'error',
      message: 'Failed while waiting for the thing to be done: out of disks',
    })
  })

  it('gives up in time, and says what it saw last', async () => {
    await expect(poll(looks({ state: 'new' }), subject, { timeout: 20 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('last state: new'),
    })
  })

  it('ends with the signal in the middle of a pause, and looks no more', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    let count = 0
    const look = async (): Promise<Look<string>> => {
      count += 1
      setTimeout(() => controller.abort(reason), 5)
      return { state: 'new' }
    }
    await expect(poll(look, subject, { interval: 60_000, signal: controller.signal })).rejects.toBe(reason)
    expect(count).toBe(1)
  })
})
