import { InvalidRequestError } from '../errors.js'

/**
 * A string as one argument of a POSIX shell's command line, whatever stands in it.
 * @throws InvalidRequestError when it holds a NUL, which no argument can.
 * @example
 * ```ts
 * await client.run(`rm -- ${shellQuote(name)}`)
 * ```
 */
export function shellQuote(argument: string): string {
  const given = String(argument)
  if (given.includes('\0')) {
    throw new InvalidRequestError('An argument of a command cannot hold a NUL', { argument: 'argument' })
  }
  return /^[\w@%+:,./-]+$/.test(given) && !given.startsWith('-') ? given : `'${given.replaceAll("'", "'\\''")}'`
}

/** Several strings as the words of a POSIX shell's command line. */
export function shellJoin(words: readonly string[]): string {
  return words.map(shellQuote).join(' ')
}
