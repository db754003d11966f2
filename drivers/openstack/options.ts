import type { DriverOptions } from '../../lib/options.js'

/** How one proves who one is. */
export type OpenStackAuthType = 'password' | 'token' | 'applicationCredential' | 'rackspaceApiKey'
/** What the token is good for. */
export type OpenStackScope = 'project' | 'domain' | 'system' | 'unscoped'
/** Which of a service's addresses is used. */
export type OpenStackInterface = 'public' | 'internal' | 'admin'
/** A service by the name that the whole of OpenStack gives to what it does. */
export type OpenStackService =
  | 'identity'
  | 'compute'
  | 'image'
  | 'block-storage'
  | 'network'
  | 'object-store'
  | 'dns'
  | 'load-balancer'

/**
 * What every driver of an OpenStack cloud takes. What is not given comes from the cloud named by `cloud` or `OS_CLOUD` in
 * `clouds.yaml` (and `secure.yaml` beside it), or from the `OS_…` variables, or from the one cloud that `clouds.yaml` has: one
 * of these as a whole, never a mixture. An `authUrl` that is given here stands alone, unless `OS_AUTH_URL` is the same or a
 * `cloud` is named. `clouds.yaml` is looked for as `OS_CLIENT_CONFIG_FILE` says, then in the working directory, in
 * `~/.config/openstack` and in `/etc/openstack`.
 *
 * `host`, `port` and `secure` say where the identity service is when there is no `authUrl`.
 */
export interface OpenStackOptions extends DriverOptions {
  /** The user's name, or the id of an application credential. */
  key?: string | undefined
  /** The user's password, the application credential's secret, or Rackspace's API key. */
  secret?: string | undefined
  /** A token that one has already; it cannot be renewed. With a `project` it is exchanged for one of that project. */
  token?: string | undefined
  /** The identity service: `https://cloud.example.com:5000/v3`. Without a version, v3 is meant. */
  authUrl?: string | undefined
  /** @defaultValue 'token' where there is a token, else 'password' */
  authType?: OpenStackAuthType | undefined
  /** The name of a cloud in `clouds.yaml`. */
  cloud?: string | undefined
  /** The project's (tenant's) name. */
  project?: string | undefined
  projectId?: string | undefined
  /** The name of the domain that user and project belong to, and that `scope: 'domain'` means. @defaultValue the one whose id is 'default' */
  domain?: string | undefined
  domainId?: string | undefined
  /** In place of the name that `key` is. */
  userId?: string | undefined
  /** The user's domain, where it is another than `domain`. */
  userDomain?: string | undefined
  userDomainId?: string | undefined
  /** The project's domain, where it is another than `domain`. */
  projectDomain?: string | undefined
  projectDomainId?: string | undefined
  /** @defaultValue 'project' where one is given, else what the cloud gives */
  scope?: OpenStackScope | undefined
  /** Acts for the user who made this trust. */
  trustId?: string | undefined
  /** @defaultValue 'public' */
  interface?: OpenStackInterface | undefined
  /** Addresses of services in place of those in the catalog: `{ compute: 'https://nova.example.com/v2.1' }`. */
  endpoints?: Readonly<Partial<Record<OpenStackService, string>>> | undefined
  /** The newest microversions to be used: `{ compute: '2.60' }`. @defaultValue as new as both sides know */
  microversions?: Readonly<Partial<Record<OpenStackService, string>>> | undefined
}
