import { InvalidContainerNameError, InvalidRequestError } from '../../lib/errors.js'

/** Bytes of a key. */
const MOST_KEY_BYTES = 1024

/** Names that fit into a host name, and under its wildcard certificate. */
export function isHostLabel(bucket: string): boolean {
  return /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)
}

/**
 * Refuses what no bucket can be called, so that nothing of it can lead a request elsewhere. Old buckets may have longer
 * names, with capitals and underscores.
 * @throws InvalidContainerNameError
 */
export function checkBucket(name: string, provider: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/.test(name) && !name.includes('..')) return
  refuse('3 to 255 letters, digits, dots, hyphens and underscores', name, provider)
}

/**
 * Refuses what no new bucket may be called.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 * @throws InvalidContainerNameError
 */
export function checkNewBucket(name: string, provider: string): void {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name))
    refuse(
      '3 to 63 lower case letters, digits, dots and hyphens, beginning and ending with a letter or a digit',
      name,
      provider,
    )
  if (/\.\.|\.-|-\./.test(name)) refuse("without '..', '.-' and '-.'", name, provider)
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) refuse('no IP address', name, provider)
  if (/^xn--|^sthree-|-s3alias$|--ol-s3$/.test(name))
    refuse("without 'xn--', 'sthree-', '-s3alias' and '--ol-s3'", name, provider)
}

function refuse(allowed: string, name: string, provider: string): never {
  const shown = name.length > 80 ? `a string of ${name.length} characters` : JSON.stringify(name)
  throw new InvalidContainerNameError(`A bucket's name must be ${allowed}, not ${shown}`, {
    provider,
    argument: 'containerName',
    allowed,
  })
}

/**
 * Refuses keys that are too long. That they have no parts `.` and `..` is seen where the path is made.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
export function checkKey(key: string, provider: string): void {
  if (key !== '' && Buffer.byteLength(key) <= MOST_KEY_BYTES) return
  const allowed = `1 to ${MOST_KEY_BYTES} bytes long in UTF-8`
  const message = `An object's name must be ${allowed}, not ${Buffer.byteLength(key)}`
  throw new InvalidRequestError(message, { provider, argument: 'objectName', allowed })
}
