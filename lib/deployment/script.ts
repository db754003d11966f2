import { InvalidRequestError } from '../errors.js'

/**
 * Refuses scripts that no machine could run: saved with Windows' line ends or as UTF-16, or whose first line is not what the
 * kernel reads. `where` is the argument, or the file.
 * @throws InvalidRequestError
 */
export function checkScript(script: string | Uint8Array, where: string): void {
  const bytes = typeof script === 'string' ? Buffer.from(script.slice(0, 4096)) : Buffer.from(script.subarray(0, 4096))
  const refuse = (allowed: string, why: string): never => {
    throw new InvalidRequestError(`The script '${where}' must ${allowed}: ${why}`, { argument: where, allowed })
  }
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    refuse('be UTF-8', 'it is UTF-16')
  if (bytes.toString('latin1', 0, 4) === '\x7fELF') return
  const text = bytes.toString('utf8')
  const end = text.indexOf('\n')
  const line = end < 0 ? text : text.slice(0, end)
  if (hasMark && line.slice(1).startsWith('#!')) refuse('begin with #!', 'a byte order mark stands before it')
  if (line.endsWith('\r')) refuse('have the line ends of Unix (LF)', 'it has those of Windows (CR LF)')
  if (/^\s+#!/.test(text)) refuse('begin with #!', 'there are spaces or lines before it')
  if (line.startsWith('#!') && !/^#![ \t]*\/\S/.test(line))
    refuse('name its interpreter by a full path', `its first line is ${JSON.stringify(line.slice(0, 80))}`)
}
