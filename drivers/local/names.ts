import { InvalidContainerNameError, InvalidRequestError } from '../../lib/errors.js'
import type { About } from './errors.js'

/** The folder in the root that holds what belongs to no container: descriptions and unfinished uploads. */
export const HIDDEN = '.libcloud'

const MOST_BYTES = 255
const MOST_NAME_BYTES = 4096
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i

/** Why no file can have this name, if none can. Windows has more such names than other systems. */
function complaint(part: string, platform: NodeJS.Platform): string | undefined {
  if (part === '' || part === '.' || part === '..') return "not empty, '.' or '..'"
  if (/[/\0]/.test(part) || !part.isWellFormed()) return "without '/' and NUL"
  if (Buffer.byteLength(part) > MOST_BYTES) return `at most ${MOST_BYTES} bytes long`
  if (platform !== 'win32') return undefined
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[<>:"\\|?*\u0000-\u001f]|[. ]$/.test(part)) return 'a name that Windows allows'
  return DEVICE.test(part) || /~\d/.test(part) ? 'no name of a device or short name of Windows' : undefined
}

/** Whether a file system that folds case, or overlooks invisible characters, could take the name for our own folder's. */
function isHidden(name: string): boolean {
  return (
    name
      .normalize('NFKC')
      .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
      .toLowerCase() === HIDDEN
  )
}

function containerComplaint(name: string, platform: NodeJS.Platform): string | undefined {
  if (isHidden(name)) return `not '${HIDDEN}', which this driver keeps for itself`
  // Refused everywhere, so that a container can move between systems.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\\\u0000-\u001f\u007f]/.test(name)) return "without '\\' and control characters"
  return complaint(name, platform)
}

/** Whether a folder of the root is a container. */
export function isContainerName(name: string): boolean {
  return containerComplaint(name, process.platform) === undefined
}

/** @throws InvalidContainerNameError */
export function checkContainerName(name: string, about: About, platform: NodeJS.Platform = process.platform): void {
  const allowed = containerComplaint(name, platform)
  if (allowed === undefined) return
  const details = { ...about, argument: 'containerName', allowed }
  throw new InvalidContainerNameError(`${about.operation ?? 'storage'}: a container's name must be ${allowed}`, details)
}

/**
 * The folders and the file of an object's name.
 * @throws InvalidRequestError for a name that no file can have.
 */
export function objectParts(
  name: string,
  about: About,
  platform: NodeJS.Platform = process.platform,
): [...folders: string[], file: string] {
  const parts = name.split('/')
  const bad = Buffer.byteLength(name) > MOST_NAME_BYTES ? `at most ${MOST_NAME_BYTES} bytes long` : undefined
  const allowed = bad ?? parts.map(part => complaint(part, platform)).find(found => found !== undefined)
  if (allowed === undefined) return parts as [...string[], string]
  const text = bad === undefined ? `have parts (between slashes) that are ${allowed}` : `be ${allowed}`
  const details = { ...about, argument: 'objectName', allowed: text }
  throw new InvalidRequestError(`${about.operation ?? 'storage'}: an object's name must ${text}`, details)
}

/** The order of names as UTF-8, which is that of code points: UTF-16 alone has surrogates before U+E000. */
export function compareNames(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  for (let at = 0; at < shorter; at++) {
    const x = a.charCodeAt(at)
    const y = b.charCodeAt(at)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)
