import { describe, expect, it } from 'vitest'
import * as errors from '../../lib/errors.js'

const { ContainerDoesNotExistError, LibcloudError, NotFoundError, NotSupportedError } = errors
// @ts-expect-error a second copy of the module, as a duplicated package has
const copy: typeof errors = await import('../../lib/errors.js?copy')

describe('errors', () => {
  it('are recognised across copies of the package, by class and branch', () => {
    expect(copy.NotFoundError).not.toBe(NotFoundError)
    const foreign = new copy.ContainerDoesNotExistError('gone')
    expect(
      foreign instanceof ContainerDoesNotExistError &&
        foreign instanceof NotFoundError &&
        foreign instanceof LibcloudError,
    ).toBe(true)
    expect(foreign instanceof NotSupportedError).toBe(false)
  })

  it("compare a user's own subclass plainly", () => {
    class Mine extends NotFoundError {}
    expect(new copy.NotFoundError('m') instanceof Mine).toBe(false)
    expect(new Mine('m') instanceof copy.NotFoundError).toBe(true)
  })

  it('keep the code of their branch, and tell their class by name', () => {
    const all = Object.values(errors).filter(value => typeof value === 'function') as (new (
      message: string,
    ) => errors.LibcloudError)[]
    expect(all.length).toBeGreaterThan(30)
    for (const ErrorClass of all) {
      const error = new ErrorClass('m')
      expect(error.name).toBe(ErrorClass.name)
      const parent = Object.getPrototypeOf(ErrorClass)
      if (parent !== LibcloudError && parent !== Error) expect(error.code).toBe(new parent('m').code)
      expect(error instanceof LibcloudError).toBe(true)
    }
  })

  it('are kept whole in JSON', () => {
    const error = new NotFoundError('m', {
      provider: 'p',
      operation: 'getNode',
      status: 404,
      providerCode: 'x',
      requestId: 'r',
      cause: new Error('c'),
    })
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      name: 'NotFoundError',
      message: 'm',
      code: 'NOT_FOUND',
      provider: 'p',
      operation: 'getNode',
      status: 404,
      requestId: 'r',
    })
    expect((error.cause as Error).message).toBe('c')
  })
})
