// What an instance is made of, in Google's form.
import type { CreateNodeOptions } from '../../lib/compute/types.js'
import { NodeAuthPassword } from '../../lib/compute/types.js'
import type { CallOptions } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'
import type { GCEScheduling } from './compute.base.js'
import { type Asker, linkTo, placeOf, refused } from './compute.refs.js'

/** What an instance may be made with, beside name, size and image. */
export interface GCENodeOptions {
  /** @defaultValue the project's network `'default'` */
  ex_network?: Ref | undefined
  /** Needed where the network has subnetworks of its own making. */
  ex_subnetwork?: Ref | undefined
  /** `'ephemeral'`, `'none'`, or an address that was reserved. @defaultValue 'ephemeral' */
  ex_externalIp?: string | undefined
  ex_internalIp?: string | undefined
  /** Tells programs in the instance whatever they look for. */
  ex_metadata?: Readonly<Record<string, string>> | undefined
  /** Cloud-init's configuration, for images that have it. */
  ex_userData?: string | undefined
  /** A script that runs at every start. */
  ex_startupScript?: string | undefined
  /** For firewalls and routes. */
  ex_tags?: readonly string[] | undefined
  ex_labels?: Readonly<Record<string, string>> | undefined
  /** In whose name programs in the instance act. @defaultValue nobody's */
  ex_serviceAccounts?: readonly { readonly email: string; readonly scopes: readonly string[] }[] | undefined
  /** `'pd-standard'`, `'pd-balanced'`, `'pd-ssd'` … @defaultValue Google's */
  ex_diskType?: string | undefined
  /** Of the boot disk, in GiB. @defaultValue the image's */
  ex_diskSize?: number | undefined
  /** Whether the boot disk is deleted with the instance. @defaultValue true */
  ex_diskAutoDelete?: boolean | undefined
  /** Further volumes of the zone. */
  ex_volumes?: readonly Ref[] | undefined
  /** Cheaper, and ended whenever Google likes. @defaultValue false */
  ex_spot?: boolean | undefined
  ex_scheduling?: GCEScheduling | undefined
  /** `{ type: 'nvidia-tesla-t4', count: 1 }`: such instances cannot move while they run. */
  ex_accelerators?: readonly { readonly type: string; readonly count: number }[] | undefined
  /** Whether it may send what is not from its own addresses. @defaultValue false */
  ex_canIpForward?: boolean | undefined
  ex_description?: string | undefined
  /** Whether it cannot be destroyed. @defaultValue false */
  ex_deletionProtection?: boolean | undefined
  /** A whole name, in place of Google's. */
  ex_hostname?: string | undefined
  ex_minCpuPlatform?: string | undefined
  /** Whose key that of `auth` is. @defaultValue the name before the `@` of its comment, else 'libcloud' */
  ex_sshUser?: string | undefined
  /** What is not said is taken from this instance template. */
  ex_template?: Ref | undefined
  /** Further members of Google's `Instance`, which go before all others. */
  ex_body?: object | undefined
}
/**
 * What `createNode` takes. An image is known as `'<project>/<name>'`, `'<project>/family/<family>'`, by its address, or by
 * its name among one's own; a size by its name; a location is a zone.
 */
export interface GCECreateNodeOptions extends CreateNodeOptions, GCENodeOptions {}

const IMAGE_NAME = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/
const PROJECT = /^(?:[a-z0-9.-]{1,63}:)?[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/
const SIZE = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/

/** An image's project and name. `undefined` for one's own project. */
export function imageOf(
  asker: Pick<Asker, 'provider'>,
  image: Ref,
  argument: string,
  options: CallOptions | undefined,
): { project: string | undefined; name: string; isFamily: boolean } {
  const id: unknown = image?.id
  const plain =
    typeof id === 'string' ? id.replace(/^https:\/\/(?:www|compute)\.googleapis\.com\/compute\/(?:v1|beta)\//, '') : ''
  const short = plain.replace(/^projects\/([^/]+)\/global\/images\//, '$1/').replace(/^global\/images\//, '')
  const [, project, family, name = ''] = /^(?:([^/]+)\/)?(family\/)?([^/]+)$/.exec(short) ?? []
  const isFamily = family !== undefined || project === 'family'
  const own = project === 'family' ? undefined : project
  if (IMAGE_NAME.test(name) && (own === undefined || PROJECT.test(own))) return { project: own, name, isFamily }
  if (/^\d{1,20}$/.test(name) && own !== undefined && PROJECT.test(own)) return { project: own, name, isFamily }
  const allowed =
    "'<project>/<name>', '<project>/family/<family>', the image's address, or the name of one of one's own"
  throw refused(asker, `${argument}.id`, allowed, options)
}

/** An image's address, as disks name it. */
export function imageLink(
  asker: Pick<Asker, 'provider'>,
  image: Ref,
  argument: string,
  options: CallOptions | undefined,
): string {
  const { project, name, isFamily } = imageOf(asker, image, argument, options)
  return `${project === undefined ? '' : `projects/${project}/`}global/images/${isFamily ? 'family/' : ''}${name}`
}

/** A size's name. */
export function sizeName(asker: Asker, size: Ref, argument: string, options: CallOptions | undefined): string {
  const name = size.id.slice(size.id.lastIndexOf('/') + 1)
  const form =
    /^(?:https:\/\/(?:www|compute)\.googleapis\.com\/compute\/v1\/)?(?:projects\/[a-z0-9.:-]+\/)?(?:zones\/)?(?:[a-z][-a-z0-9]*\/)?(?:machineTypes\/)?[a-z][-a-z0-9]*$/
  if (SIZE.test(name) && form.test(size.id)) return name
  throw refused(asker, `${argument}.id`, "a machine type's name, such as 'e2-small'", options)
}

/** A plain word of Google's, such as a disk's type. */
export function word(asker: Asker, value: string, argument: string, options: CallOptions | undefined): string {
  if (SIZE.test(value)) return value
  throw refused(asker, argument, 'one of the names that Google has for it', options)
}

type Making = GCENodeOptions & Omit<CreateNodeOptions, 'name'>

/** All but the name. */
export function toRawInstance(asker: Asker, node: Making, zone: string, options: CallOptions | undefined): object {
  const accelerators = node.ex_accelerators?.map(({ type, count }) => ({
    acceleratorType: `zones/${zone}/acceleratorTypes/${word(asker, type, 'node.ex_accelerators', options)}`,
    acceleratorCount: count,
  }))
  const metadata = toRawMetadata(asker, node, options)
  return {
    machineType: `zones/${zone}/machineTypes/${sizeName(asker, node.size, 'node.size', options)}`,
    description: node.ex_description,
    disks: toRawDisks(asker, node, zone, options),
    networkInterfaces: [toRawInterface(asker, node, options)],
    metadata: metadata.length > 0 ? { items: metadata } : undefined,
    tags: node.ex_tags && { items: node.ex_tags },
    labels: node.ex_labels,
    serviceAccounts: node.ex_serviceAccounts,
    scheduling: toRawScheduling(node),
    guestAccelerators: accelerators,
    canIpForward: node.ex_canIpForward,
    deletionProtection: node.ex_deletionProtection,
    hostname: node.ex_hostname,
    minCpuPlatform: node.ex_minCpuPlatform,
    ...node.ex_body,
  }
}

function toRawDisks(asker: Asker, node: Making, zone: string, options: CallOptions | undefined): object[] {
  const { ex_diskType: type, ex_diskSize: size } = node
  const boot = {
    boot: true,
    autoDelete: node.ex_diskAutoDelete ?? true,
    initializeParams: {
      sourceImage: imageLink(asker, node.image, 'node.image', options),
      diskSizeGb: size === undefined ? undefined : String(size),
      diskType: type && `zones/${zone}/diskTypes/${word(asker, type, 'node.ex_diskType', options)}`,
    },
  }
  const others = (node.ex_volumes ?? []).map(volume => {
    const place = placeOf(asker, volume, 'zone', 'node.ex_volumes', options)
    if (place.scope !== `zones/${zone}`) throw refused(asker, 'node.ex_volumes', `volumes of the zone ${zone}`, options)
    return { source: linkTo(place, 'disks'), autoDelete: false }
  })
  return [boot, ...others]
}

function toRawInterface(asker: Asker, node: Making, options: CallOptions | undefined): object {
  const { ex_network, ex_subnetwork, ex_externalIp: external = 'ephemeral' } = node
  const network = ex_network && placeOf(asker, ex_network, 'global', 'node.ex_network', options)
  const subnetwork = ex_subnetwork && placeOf(asker, ex_subnetwork, 'region', 'node.ex_subnetwork', options)
  const config = {
    type: 'ONE_TO_ONE_NAT',
    name: 'External NAT',
    natIP: external === 'ephemeral' ? undefined : external,
  }
  // Of a subnetwork the network is known.
  const whole = network ? linkTo(network, 'networks') : subnetwork ? undefined : 'global/networks/default'
  return {
    network: whole,
    subnetwork: subnetwork && linkTo(subnetwork, 'subnetworks'),
    networkIP: node.ex_internalIp,
    accessConfigs: external === 'none' ? undefined : [config],
  }
}

function toRawScheduling({ ex_spot, ex_scheduling, ex_accelerators }: GCENodeOptions): object | undefined {
  const spot = ex_spot ? { provisioningModel: 'SPOT', automaticRestart: false } : {}
  // What has an accelerator cannot be moved to another host.
  const fixed = ex_accelerators && ex_accelerators.length > 0 ? { onHostMaintenance: 'TERMINATE' } : {}
  const all = { ...fixed, ...spot, ...ex_scheduling }
  return Object.keys(all).length > 0 ? all : undefined
}

function toRawMetadata(
  asker: Asker,
  { auth, ex_metadata, ex_userData, ex_startupScript, ex_sshUser }: Making,
  options: CallOptions | undefined,
): { key: string; value: string }[] {
  const items = new Map(Object.entries(ex_metadata ?? {}))
  if (ex_userData !== undefined) items.set('user-data', ex_userData)
  if (ex_startupScript !== undefined) items.set('startup-script', ex_startupScript)
  if (auth instanceof NodeAuthPassword)
    throw refused(asker, 'node.auth', 'a NodeAuthSSHKey: Google sets no passwords', options)
  if (auth !== undefined) {
    const line = sshLine(auth.publicKey, ex_sshUser)
    const known = items.get('ssh-keys')
    items.set('ssh-keys', known === undefined ? line : `${known}\n${line}`)
  }
  return [...items].map(([key, value]) => ({ key, value }))
}

/** A key as metadata has it: whose it is, and the key. */
export function sshLine(publicKey: string, user: string | undefined): string {
  const key = publicKey.trim().split(/\r?\n/)[0] ?? ''
  const [, named] = /^\S+\s+\S+\s+([A-Za-z0-9._-]+)@/.exec(key) ?? []
  return `${user ?? named ?? 'libcloud'}:${key}`
}
