import { homedir } from 'node:os'
import { join } from 'node:path'
import type { BaseDriver } from '../../lib/driver.js'
import { LXDConnection, type LXDOptions, type LXDPlaces } from '../lxd/connection.js'
import { imageSource, type LXDImageSource } from '../lxd/instances.shared.js'
import { meta } from './meta.js'

/** As LXD's; sockets, certificates and the environment are those of Incus. */
export interface IncusOptions extends LXDOptions {}

/** https://linuxcontainers.org/incus/docs/main/environment/ */
const PLACES: LXDPlaces = {
  sockets: env => {
    if (env['INCUS_SOCKET']) return [env['INCUS_SOCKET']]
    if (env['INCUS_DIR']) return [join(env['INCUS_DIR'], 'unix.socket')]
    return ['/run/incus/unix.socket', '/var/lib/incus/unix.socket']
  },
  folders: env => [...(env['INCUS_CONF'] ? [env['INCUS_CONF']] : []), join(homedir(), '.config/incus')],
  group: 'incus-admin',
  headers: 'X-Incus-',
}

/** Public servers of images: Incus has one of its own, and none of Ubuntu's. Names of OCI registries stand beside it. */
const REMOTES: Readonly<Record<string, string>> = { images: 'https://images.linuxcontainers.org' }
const REGISTRIES: Readonly<Record<string, string>> = { docker: 'https://docker.io', ghcr: 'https://ghcr.io' }

/** https://linuxcontainers.org/incus/docs/main/rest-api/ */
export class IncusConnection extends LXDConnection {
  constructor(driver: BaseDriver) {
    super(driver, meta, PLACES)
  }

  /** Of an OCI registry too: `docker:nginx`. */
  override imageSource(id: string, options: LXDImageSource): Record<string, unknown> {
    const [, registry = '', alias = ''] = /^([a-z]+):(.+)$/.exec(id) ?? []
    const server = REGISTRIES[registry]
    if (server !== undefined) return { type: 'image', alias, mode: 'pull', server, protocol: 'oci' }
    const source = imageSource(id, options, REMOTES)
    const spoken = options.ex_protocol === undefined && options.ex_server !== undefined
    return spoken ? { ...source, protocol: 'incus' } : source
  }
}
