import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shellJoin, shellQuote } from '../../../lib/deployment/index.js'
import { InvalidRequestError } from '../../../lib/errors.js'

describe('shellQuote', () => {
  it('leaves plain words, and quotes the rest', () => {
    expect(shellJoin(['ls', '/tmp/a.b', "it's", '', '-x', '$HOME'])).toBe(`ls /tmp/a.b 'it'\\''s' '' '-x' '$HOME'`)
    expect(() => shellQuote('a\0b')).toThrow(InvalidRequestError)
  })

  it('whatever it is given, a shell reads it back', () => {
    const word = fc.string({ unit: 'binary' }).filter(text => !text.includes('\0') && text.isWellFormed())
    const nasty = fc.string({
      unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', '!', ' ', '*', '~', '-', '(', 'é'),
    })
    const check = (words: string[]): void => {
      const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${shellJoin(words)}`], { encoding: 'utf8' })
      expect(printed.split('\0').slice(0, -1)).toEqual(words)
    }
    fc.assert(fc.property(fc.array(fc.oneof(word, nasty), { minLength: 1, maxLength: 8 }), check), { numRuns: 60 })
  })
})
