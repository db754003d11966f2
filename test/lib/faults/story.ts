// Faults that need a test of their own each, told as the tables are.
import { beforeAll, describe, expect, it } from 'vitest'
import { InvalidRequestError, LibcloudError } from '../../../lib/errors.js'
import { OPERATION, PROVIDER } from '../../../lib/options.js'
import { told } from './callers.js'
import { watched, within } from './watch.js'

/** What happens, and what comes of it: the run returns it in the same words. */
export interface Story {
  readonly wire: string
  readonly gets: string
  readonly run: (signal: AbortSignal) => Promise<string>
}

/** Tests of stories. */
export function tell(title: string, stories: readonly Story[]): void {
  describe(title, () => {
    beforeAll(() => import('undici'))
    for (const { wire, gets, run } of stories)
      it(wire, () =>
        watched(async signal => {
          expect(await within(wire, run(signal))).toBe(gets)
        }),
      )
  })
}

/** Makes a call look like that of a driver's method. */
export const LISTING: { readonly [OPERATION]: string; readonly [PROVIDER]: string } = {
  [OPERATION]: 'listThings',
  [PROVIDER]: 'rig',
}

/** What comes of a call, in words. What is no error of ours is told by its message, as it is not ours to change. */
export async function outcome(call: PromiseLike<unknown>, check?: (error: LibcloudError) => void): Promise<string> {
  const result = await within(
    'the call',
    call.then(
      value => ({ value }),
      error => ({ error }),
    ),
  )
  if ('value' in result) return 'value'
  const { error } = result
  if (!(error instanceof LibcloudError)) return `'${(error as Error)?.message ?? error}', as it is`
  expect(error).toMatchObject({ provider: 'rig', operation: 'listThings' })
  // A wrong argument is told by its name, and the method's where it is known.
  if (!(error instanceof InvalidRequestError && error.status === undefined))
    expect(error.message).toMatch(/listThings.*'rig'/s)
  check?.(error)
  return told(error)
}
