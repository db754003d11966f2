import type { NodeImage } from '../../lib/compute/types.js'
import { ImageDoesNotExistError } from '../../lib/errors.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'
import { type EC2ImageExtra, findImages } from './ec2.images.js'
import { EC2Keys } from './ec2.keys.js'
import { refused, toFilters } from './ec2.shared.js'

/** Which of Ubuntu's images. */
export interface EC2UbuntuImageOptions extends CallOptions {
  /** @defaultValue 'x86_64' */
  ex_architecture?: 'x86_64' | 'arm64' | 'i386' | undefined
  /** @defaultValue 'generic' */
  ex_imageType?: EC2UbuntuImageType | undefined
  /** Also those that Canonical advises against. @defaultValue false */
  ex_includeDeprecated?: boolean | undefined
}
export type EC2UbuntuImageType = 'generic' | 'minimal' | 'pro' | 'pro-fips' | 'pro-fips-updates'
/** Which of Debian's images. */
export interface EC2DebianImageOptions extends CallOptions {
  /** @defaultValue 'x86_64' */
  ex_architecture?: 'x86_64' | 'arm64' | undefined
  /** Those that are made every day, in place of released ones. @defaultValue false */
  ex_daily?: boolean | undefined
}

/** Canonical's account in each partition: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/ */
const CANONICAL: Readonly<Record<string, string>> = { cn: '837727238323', 'us-gov': '513442679011', '': '099720109477' }
/** https://wiki.debian.org/Cloud/AmazonEC2Image */
const DEBIAN = { released: '136693071363', daily: '903794441882' } as const
/** Releases before general-purpose volumes of the third generation. */
const WITHOUT_GP3 = new Set(['trusty', 'xenial', 'bionic', 'focal', 'jammy'])
const CODENAME = /^[a-z]+$/

/** Images of well-known systems, found by the names that their makers give them. */
export abstract class EC2Finders extends EC2Keys {
  /**
   * The latest image of a release of Ubuntu.
   *
   * @example
   * ```ts
   * const image = await driver.ex_releasedImage('noble', { ex_architecture: 'arm64' })
   * const node = await driver.createNode({ name: 'web-1', size: { id: 't4g.micro' }, image })
   * ```
   * @param release the codename: `'noble'`.
   * @throws ImageDoesNotExistError
   * @see https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
   */
  async ex_releasedImage(release: string, options?: EC2UbuntuImageOptions): Promise<NodeImage<EC2ImageExtra>> {
    return findUbuntu(this, release, false, options)
  }

  /**
   * The latest image of a release of Ubuntu that was made by its daily build, without the tests of a release.
   *
   * @example
   * ```ts
   * const image = await driver.ex_dailyImage('noble')
   * ```
   * @param release the codename: `'noble'`.
   * @throws ImageDoesNotExistError
   * @see https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
   */
  async ex_dailyImage(release: string, options?: EC2UbuntuImageOptions): Promise<NodeImage<EC2ImageExtra>> {
    return findUbuntu(this, release, true, options)
  }

  /**
   * The latest image of a release of Debian.
   *
   * @example
   * ```ts
   * const image = await driver.ex_debianImage('13')
   * ```
   * @param release the number: `'13'`.
   * @throws ImageDoesNotExistError
   * @see https://wiki.debian.org/Cloud/AmazonEC2Image
   */
  async ex_debianImage(release: string, options?: EC2DebianImageOptions): Promise<NodeImage<EC2ImageExtra>> {
    if (!/^\d+$/.test(release)) throw refused(this, 'release', "a release's number, such as '13'", options)
    const { ex_architecture: architecture = 'x86_64', ex_daily: daily = false } = options ?? {}
    const arch = architecture === 'x86_64' ? 'amd64' : 'arm64'
    const name = daily ? `debian-${release}-${arch}-daily-*` : `debian-${release}-${arch}-*`
    return findLatest(this, { name, architecture, owner: daily ? DEBIAN.daily : DEBIAN.released }, options)
  }

  /**
   * The serial of an image of Ubuntu, of which its name ends: `'20240423'`, or `'20240423.1'`.
   *
   * @example
   * ```ts
   * const serial = await driver.ex_imageSerial(await driver.ex_dailyImage('noble'))
   * ```
   * @throws ImageDoesNotExistError when there is no such image, or its name has no serial.
   * @see https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
   */
  async ex_imageSerial(image: Ref, options?: CallOptions): Promise<string> {
    const { name } = await this.getImage(image.id, options)
    const serial = /^ubuntu[^/]*\/.*-(\d{8}(?:\.\d+)?)$/.exec(name)?.[1]
    if (serial !== undefined) return serial
    const operation = operationOf(options)
    const message = `${operation}: the name of image ${image.id} has no serial: it is not one of Ubuntu's`
    throw new ImageDoesNotExistError(message, { provider: this.provider, operation })
  }
}

async function findUbuntu(
  driver: EC2Finders,
  release: string,
  daily: boolean,
  options: EC2UbuntuImageOptions | undefined,
): Promise<NodeImage<EC2ImageExtra>> {
  if (!CODENAME.test(release)) throw refused(driver, 'release', "a release's codename, such as 'noble'", options)
  const { ex_architecture: architecture = 'x86_64', ex_imageType: type = 'generic' } = options ?? {}
  const partition = Object.keys(CANONICAL).find(prefix => prefix !== '' && driver.region.startsWith(`${prefix}-`))
  // Images with certified modules are sold in the marketplace.
  const owner = type.startsWith('pro-fips') ? 'aws-marketplace' : (CANONICAL[partition ?? ''] as string)
  return findLatest(driver, { name: ubuntuName(release, daily, type), architecture, owner }, options)
}

/** `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20240423`, with a star for what is not asked for. */
function ubuntuName(release: string, daily: boolean, type: EC2UbuntuImageType): string {
  const disk = WITHOUT_GP3.has(release) ? 'hvm-ssd' : 'hvm-ssd-gp3'
  if (type !== 'generic' && type !== 'minimal') return `ubuntu-${type}-server/images/${disk}/ubuntu-${release}-*`
  const folder = daily ? 'images-testing' : 'images'
  const [family, kind] = type === 'minimal' ? ['ubuntu-minimal', 'minimal'] : ['ubuntu', 'server']
  return `${family}/${folder}/${disk}/ubuntu-${release}${daily ? '-daily' : ''}-*-${kind}-*`
}

async function findLatest(
  driver: EC2Finders,
  wanted: { readonly name: string; readonly architecture: string; readonly owner: string },
  options: EC2UbuntuImageOptions | undefined,
): Promise<NodeImage<EC2ImageExtra>> {
  const { name, architecture, owner } = wanted
  const params = {
    Owner: [owner],
    Filter: toFilters({ name, architecture, state: 'available' }),
    IncludeDeprecated: options?.ex_includeDeprecated,
  }
  const born = (image: NodeImage<EC2ImageExtra>): number => image.extra.createdAt?.getTime() ?? 0
  let latest: NodeImage<EC2ImageExtra> | undefined
  for await (const image of findImages(driver, params, options)) {
    if (latest === undefined || born(image) > born(latest)) latest = image
  }
  if (latest !== undefined) return latest
  const operation = operationOf(options)
  const message = `${operation}: there is no image '${name}' for ${architecture} of ${owner} in ${driver.region}`
  throw new ImageDoesNotExistError(message, { provider: driver.provider, operation })
}
