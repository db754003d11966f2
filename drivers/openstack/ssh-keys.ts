import { type CreateNodeOptions, NodeAuthSSHKey } from '../../lib/compute/types.js'
import { CleanupError, ConflictError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { OpenStackConnection } from './connection.js'

/** A driver, as far as keys need it. */
interface KeyHolder {
  readonly provider: string
  readonly connection: OpenStackConnection
}

/**
 * Does `work` with the name of a key pair that the user has, or is given; one given for nothing is taken away again.
 * Its name is made of its fingerprint: what has the name has the key.
 */
export async function withKey<T>(
  driver: KeyHolder,
  auth: CreateNodeOptions['auth'],
  options: CallOptions | undefined,
  work: (keyName: string | undefined) => Promise<T>,
): Promise<T> {
  if (!(auth instanceof NodeAuthSSHKey)) return work(undefined)
  const { openSshFingerprint } = await import('../../lib/keys.js')
  const name = `libcloud-${openSshFingerprint(auth.publicKey, 'md5').replaceAll(':', '')}`
  const json = { keypair: { name, public_key: auth.publicKey } }
  const imported = await driver.connection
    .request({ method: 'POST', path: '/os-keypairs', json, read: readNothing }, options)
    .then(
      () => true,
      (error: unknown) => {
        if (error instanceof ConflictError) return false
        throw error
      },
    )
  try {
    return await work(name)
  } catch (error) {
    if (imported) await removeKey(driver, name, error, options)
    throw error
  }
}

/** The caller's signal and timeout may have ended already: they do not hold for cleaning up. */
async function removeKey(
  { connection, provider }: KeyHolder,
  name: string,
  cause: unknown,
  options: CallOptions | undefined,
): Promise<void> {
  try {
    const spec = { method: 'DELETE', path: path`/os-keypairs/${name}`, read: readNothing } as const
    await connection.request(spec, { ...options, signal: undefined, timeout: 30_000 })
  } catch (error) {
    const message = `The node could not be made, and the key pair '${name}' that was imported for it could not be removed`
    throw new CleanupError(message, { provider, operation: operationOf(options), cause, errors: [error] })
  }
}
