import type { ContainerApi } from '../../lib/container/api.js'
import { connect } from '../../lib/driver.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { LXDContainerDriver } from '../lxd/container.js'
import { instanceOf } from '../lxd/names.js'
import type { LXDCallOptions, LXDName } from '../lxd/types.js'
import { IncusConnection, type IncusOptions } from './connection.js'
import { authenticate, type IncusAccess, readAccess } from './extensions.js'
import { meta } from './meta.js'

export type { IncusOptions } from './connection.js'
export type { IncusAccess } from './extensions.js'

/** Containers of an Incus server, over its unix socket or HTTPS: as LXD's, but for what {@link IncusNodeDriver} names. */
export class IncusContainerDriver extends LXDContainerDriver implements Partial<ContainerApi> {
  override readonly provider: string = 'incus'

  constructor(options: IncusOptions = {}) {
    super(options, meta)
    connect(this, new IncusConnection(this))
  }

  /**
   * Makes the server trust the certificate of this driver, by a token that `ex_createCertificateToken` has made.
   * @example await driver.ex_authenticate(token)
   * @throws InvalidRequestError for what is no token: Incus knows no password
   * @throws InvalidCredentialsError where it is the wrong one
   * @see https://linuxcontainers.org/incus/docs/main/authentication/
   */
  override async ex_authenticate(token: string, options?: LXDCallOptions): Promise<void> {
    await authenticate(this.connection, token, options)
  }

  /**
   * Who may do what with a container.
   * @example for (const { identifier, role } of await driver.ex_listInstanceAccess('web-1')) console.log(identifier, role)
   * @see https://linuxcontainers.org/incus/docs/main/api/#/instances/instance_access_get
   */
  async ex_listInstanceAccess(instance: LXDName, options?: CallOptions): Promise<readonly IncusAccess[]> {
    const [name, found] = instanceOf(this.provider, instance, options)
    return readAccess(this.connection, path`/1.0/instances/${name}/access`, found)
  }
}
