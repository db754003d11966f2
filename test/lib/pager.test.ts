import { describe, expect, it, vi } from 'vitest'
import { onePage, pager } from '../../lib/pager.js'

const pages: Record<string, { items: number[]; next?: string }> = {
  first: { items: [1, 2], next: 'b' },
  b: { items: [], next: 'c' },
  c: { items: [3] },
}
const numbers = (
  fetch = vi.fn(async (token: string | undefined) => pages[token ?? 'first'] ?? { items: [] }),
  signal?: AbortSignal,
) => ({
  fetch,
  list: pager(fetch, { signal }),
})

describe('Pager', () => {
  it('asks for nothing until it is awaited or iterated, and collects once', async () => {
    const { fetch, list } = numbers()
    expect(fetch).not.toHaveBeenCalled()
    expect(await list).toEqual([1, 2, 3])
    expect(await list).toBe(await list)
    expect(fetch).toHaveBeenCalledTimes(3)
  })

  it('is iterated afresh each time, and stops asking when the loop is left', async () => {
    const { fetch, list } = numbers()
    const seen: number[] = []
    for await (const number of list) seen.push(number)
    expect(seen).toEqual([1, 2, 3])
    for await (const number of list) if (number === 2) break
    expect(fetch).toHaveBeenCalledTimes(4)
  })

  it('gives pages, and resumes from a token', async () => {
    const { list } = numbers()
    const resumed: unknown[] = []
    for await (const page of list.pages('b')) resumed.push(page)
    expect(resumed).toEqual([pages['b'], pages['c']])
  })

  it('ends at a page that was read already, instead of never', async () => {
    const list = pager(async token => ({
      items: [1],
      next: token === 'x' ? 'y' : 'x',
    }))
    await expect(list).rejects.toMatchObject({ code: 'MALFORMED_RESPONSE' })
  })

  it('becomes its array when an async function returns it, unless told otherwise', async () => {
    const { list } = numbers()
    expect(await (async () => list)()).toEqual([1, 2, 3])
    const lazy = await (async () => list.stream())()
    expect('pages' in lazy).toBe(true)
    const seen: number[] = []
    for await (const number of lazy) seen.push(number)
    expect(seen).toEqual([1, 2, 3])
  })

  it('ends with the signal between pages and between items', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const { fetch, list } = numbers(undefined, controller.signal)
    const iterate = (async () => {
      for await (const number of list) if (number === 1) controller.abort(reason)
    })()
    await expect(iterate).rejects.toBe(reason)
    expect(fetch).toHaveBeenCalledTimes(1)
    await expect(list).rejects.toBe(reason)
  })

  it('is a promise in every way', async () => {
    const failing = pager(() => Promise.reject(new Error('no')))
    await expect(failing.catch(error => error.message)).resolves.toBe('no')
    await expect(failing.finally(() => {})).rejects.toThrow('no')
    await expect(onePage(async () => [1]).then(items => items.length)).resolves.toBe(1)
    await expect(Promise.all([onePage(async () => [1]), onePage(async () => [2])])).resolves.toEqual([[1], [2]])
  })
})
