import { type CreateNodeOptions, NodeAuthSSHKey } from '../../lib/compute/types.js'
import { CleanupError, InvalidRequestError, KeyPairDoesNotExistError, NotFoundError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { DigitalOceanConnection } from './connection.js'

export interface RawKey {
  readonly id: number
  readonly fingerprint: string
  readonly public_key: string
  readonly name: string
}

/** A driver, as far as keys need it. */
interface KeyHolder {
  readonly provider: string
  readonly connection: DigitalOceanConnection
}

/** Does `work` with the id of a key that the account has, or is given; one given for nothing is taken away again. */
export async function withKey<T>(
  driver: KeyHolder,
  auth: CreateNodeOptions['auth'],
  options: CallOptions | undefined,
  work: (key: number | undefined) => Promise<T>,
): Promise<T> {
  if (auth === undefined) return work(undefined)
  if (!(auth instanceof NodeAuthSSHKey)) {
    const details = { provider: driver.provider, operation: operationOf(options), argument: 'node.auth' }
    const allowed = 'a NodeAuthSSHKey: DigitalOcean makes passwords itself, and sends them by mail'
    throw new InvalidRequestError(`'node.auth' must be ${allowed}`, { ...details, allowed })
  }
  const { id, imported } = await findOrImportKey(driver, auth.publicKey, options)
  try {
    return await work(id)
  } catch (error) {
    if (imported) await removeKey(driver, id, error, options)
    throw error
  }
}

async function findOrImportKey(
  { connection }: KeyHolder,
  publicKey: string,
  options: CallOptions | undefined,
): Promise<{ id: number; imported: boolean }> {
  const { openSshFingerprint } = await import('../../lib/keys.js')
  const fingerprint = openSshFingerprint(publicKey, 'md5')
  const errors = { 404: KeyPairDoesNotExistError }
  const map = (raw: RawKey): number => raw.id
  try {
    const at = path`/v2/account/keys/${fingerprint}`
    return { id: await connection.one({ path: at, errors, member: 'ssh_key', map }, options), imported: false }
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
  }
  const json = { name: `libcloud-${fingerprint.replaceAll(':', '')}`, public_key: publicKey }
  const spec = { method: 'POST', path: '/v2/account/keys', json, member: 'ssh_key', map } as const
  return { id: await connection.one(spec, options), imported: true }
}

/** The caller's signal and timeout may have ended already: they do not hold for cleaning up. */
async function removeKey(
  { connection, provider }: KeyHolder,
  id: number,
  cause: unknown,
  options: CallOptions | undefined,
): Promise<void> {
  try {
    const spec = { method: 'DELETE', path: path`/v2/account/keys/${id}`, read: readNothing } as const
    await connection.request(spec, { ...options, signal: undefined, timeout: 30_000 })
  } catch (error) {
    const message = `The node could not be made, and the key ${id} that was imported for it could not be removed`
    throw new CleanupError(message, { provider, operation: operationOf(options), cause, errors: [error] })
  }
}
