import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { CatalogEntry } from './catalog.js'
import { OpenStackComputeAddresses } from './compute.addresses.js'
import { refused } from './compute.shared.js'

interface RawEc2Credential {
  readonly access: string
  readonly secret: string
  readonly user_id: string
  readonly tenant_id: string
}

/** A pair of keys for the interfaces of a cloud that speak as Amazon's do: Swift's S3, for one. */
export interface OpenStackEc2Credential {
  /** The access key. */
  readonly id: string
  readonly userId: string
  readonly projectId: string
  /** Printing does not show it. */
  readonly secret: string
}

const identity = { service: 'identity' } as const

/** Who one is. */
export abstract class OpenStackComputeIdentity extends OpenStackComputeAddresses {
  /**
   * What services the cloud has, and where.
   *
   * @example
   * ```ts
   * const types = (await driver.ex_listServices()).map(({ type }) => type)
   * ```
   * @see https://docs.openstack.org/api-ref/identity/v3/#get-service-catalog
   */
  async ex_listServices(options?: CallOptions): Promise<readonly CatalogEntry[]> {
    return this.connection.catalog(options)
  }

  /**
   * The user's pairs of keys for interfaces that speak as Amazon's do.
   *
   * @example
   * ```ts
   * const [credential] = await driver.ex_listEc2Credentials()
   * ```
   * @param userId @defaultValue the driver's own
   * @see https://docs.openstack.org/api-ref/identity/v3-ext/#list-ec2-credentials
   */
  ex_listEc2Credentials(userId?: string, options?: CallOptions): Pager<OpenStackEc2Credential> {
    return this.connection.listWith(
      async () => ({
        ...identity,
        path: path`/users/${await this.#user(userId, options)}/credentials/OS-EC2`,
        member: 'credentials',
        map: (raw: RawEc2Credential) => this.#toCredential(raw),
      }),
      options,
    )
  }

  /**
   * Makes a pair of keys for interfaces that speak as Amazon's do.
   *
   * @example
   * ```ts
   * const { id, secret } = await driver.ex_createEc2Credential(projectId)
   * ```
   * @param projectId @defaultValue the driver's own
   * @see https://docs.openstack.org/api-ref/identity/v3-ext/#create-ec2-credential
   */
  async ex_createEc2Credential(
    projectId?: string,
    userId?: string,
    options?: CallOptions,
  ): Promise<Owned<OpenStackEc2Credential>> {
    const at = path`/users/${await this.#user(userId, options)}/credentials/OS-EC2`
    const project = projectId ?? (await this.connection.session(options)).projectId
    const map = (raw: RawEc2Credential): OpenStackEc2Credential => this.#toCredential(raw)
    const spec = { ...identity, method: 'POST', path: at, json: { tenant_id: project } } as const
    const made = await this.connection.one({ ...spec, member: 'credential', map }, options)
    return owned(made, () => this.ex_deleteEc2Credential(made.id, made.userId))
  }

  /**
   * Deletes a pair of keys.
   *
   * @example
   * ```ts
   * await driver.ex_deleteEc2Credential(credential.id)
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/identity/v3-ext/#delete-ec2-credential
   */
  async ex_deleteEc2Credential(credentialId: string, userId?: string, options?: CallOptions): Promise<void> {
    const at = path`/users/${await this.#user(userId, options)}/credentials/OS-EC2/${credentialId}`
    await this.connection.request({ ...identity, method: 'DELETE', path: at, read: readNothing }, options)
  }

  #toCredential(raw: RawEc2Credential): OpenStackEc2Credential {
    this.connection.conceal(raw.secret)
    const shown = { id: raw.access, userId: raw.user_id, projectId: raw.tenant_id }
    return Object.defineProperty(shown, 'secret', { value: raw.secret }) as OpenStackEc2Credential
  }

  async #user(given: string | undefined, options: CallOptions | undefined): Promise<string> {
    const userId = given ?? (await this.connection.session(options)).userId
    if (userId === undefined) throw refused(this, 'userId', "given: the driver's token does not tell its user", options)
    return userId
  }
}
