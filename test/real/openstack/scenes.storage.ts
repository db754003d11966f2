// What the recorder plays of Swift: each begins with a container 'photos' and three objects in it.
import { OpenStackSwiftStorageDriver } from '../../../drivers/openstack/storage.js'
import { NotFoundError } from '../../../lib/errors.js'
import type { ServiceScene, ServiceStage } from './service-scenes.js'

type Driver = OpenStackSwiftStorageDriver
const photos = { name: 'photos' }
const object = { name: 'a/ö.txt', container: photos }
const text = { $text: 'bytes, and ünïcödé' }
const digits = { $text: '0123456789ab' }
const segmented = {
  contentType: 'text/plain',
  contentLength: 12,
  ex_segmentSize: 5,
  ex_resumeKey: 'once',
  ex_concurrency: 1,
}

const upload = (driver: Driver, name: string, options: object = {}) =>
  driver.uploadObjectViaStream('0123456789ab', photos, name, { contentType: 'text/plain', ...options })
const large = (driver: Driver, kind: 'static' | 'dynamic' = 'static') =>
  upload(driver, 'large', { ...segmented, ex_largeObject: kind })
const versions = async (driver: Driver): Promise<void> => {
  await driver.ex_enableVersioning(photos)
  for (const content of ['one', 'two']) await driver.uploadObjectViaStream(content, photos, 'v.txt')
}
const versionOf = async (driver: Driver): Promise<string> =>
  (await driver.ex_listObjectVersions(photos, { ex_prefix: 'v.txt' }))[1]?.versionId ?? ''
const KEY = 'a-key-for-addresses'

const SCENES: readonly ServiceScene<Driver>[] = [
  {
    method: 'listContainers',
    args: [{ ex_pageSize: 1, ex_prefix: 'ph' }],
    before: driver => driver.createContainer('phones'),
  },
  { method: 'getContainer', args: ['photos'] },
  { method: 'getContainer', name: 'missing', args: ['nowhere'], throws: 'ContainerDoesNotExistError' },
  { method: 'createContainer', args: ['films'] },
  {
    method: 'createContainer',
    more: true,
    name: 'described',
    args: ['films', { ex_metaData: { team: 'ops' }, ex_readAcl: '.r:*' }],
  },
  { method: 'createContainer', name: 'twice', args: ['photos'], throws: 'ContainerAlreadyExistsError' },
  { method: 'deleteContainer', args: [{ name: 'films' }], before: driver => driver.createContainer('films') },
  { method: 'deleteContainer', name: 'full', args: [photos], throws: 'ContainerIsNotEmptyError' },
  { method: 'listContainerObjects', args: [photos, { ex_pageSize: 2 }] },
  { method: 'listContainerObjects', name: 'prefix', args: [photos, { prefix: 'a/' }] },
  {
    method: 'listContainerObjects',
    name: 'missing',
    args: [{ name: 'nowhere' }],
    throws: 'ContainerDoesNotExistError',
  },
  { method: 'getObject', args: ['photos', 'a/ö.txt'] },
  { method: 'getObject', name: 'large', args: ['photos', 'large'], before: driver => large(driver) },
  { method: 'getObject', name: 'missing', args: ['photos', 'nothing'], throws: 'ObjectDoesNotExistError' },
  {
    method: 'uploadObjectViaStream',
    args: [text, photos, 'new.txt', { metaData: { Color: 'rötlich' }, ex_deleteAfter: 3600 }],
  },
  { method: 'uploadObjectViaStream', more: true, name: 'static', args: [digits, photos, 'large', segmented] },
  {
    method: 'uploadObjectViaStream',
    more: true,
    name: 'dynamic',
    args: [digits, photos, 'large', { ...segmented, ex_largeObject: 'dynamic', ex_removeOldSegments: false }],
  },
  {
    method: 'uploadObjectViaStream',
    name: 'missing',
    args: ['x', { name: 'nowhere' }, 'a'],
    throws: 'ContainerDoesNotExistError',
  },
  { method: 'downloadObjectAsStream', args: [object] },
  { method: 'downloadObjectRangeAsStream', args: [object, { start: 2, end: 5 }] },
  { method: 'deleteObject', args: [object] },
  {
    method: 'deleteObject',
    name: 'static',
    args: [{ name: 'large', container: photos }],
    before: driver => large(driver),
  },
  {
    method: 'deleteObject',
    name: 'dynamic',
    args: [{ name: 'large', container: photos }],
    before: driver => large(driver, 'dynamic'),
  },
  { method: 'deleteObject', name: 'alone', args: [object, { ex_keepSegments: true }] },
  { method: 'getContainerCdnUrl', args: [photos] },
  { method: 'getObjectCdnUrl', args: [object] },
  { method: 'enableContainerCdn', args: [photos] },
  {
    method: 'getObjectSignedUrl',
    args: [object, { expiresIn: 60 }],
    match:
      '^http://object-store\\.example\\.test/v1/AUTH_\\w+/photos/a/%C3%B6\\.txt\\?temp_url_sig=[0-9a-f]{64}&temp_url_expires=\\d+$',
    before: driver => driver.ex_setAccountMetadataTempUrlKey(KEY),
  },
  {
    method: 'ex_getObjectTempUrl',
    args: [object, { ex_method: 'DELETE', ex_ipRange: '192.0.2.0/24', ex_isPrefix: true }],
    match: 'temp_url_prefix=a%2F%C3%B6\\.txt&temp_url_ip_range=192\\.0\\.2\\.0%2F24$',
    before: driver => driver.ex_setAccountMetadataTempUrlKey(KEY),
  },
  {
    method: 'ex_createStaticLargeObject',
    args: [
      photos,
      'both.txt',
      [
        { ...object, size: 12 },
        { name: 'b.txt', container: photos, range: '0-3' },
      ],
    ],
  },
  { method: 'ex_createDynamicLargeObject', args: [photos, 'all.txt', 'photos/a/'] },
  { method: 'ex_listSegments', args: [{ name: 'large', container: photos }], before: driver => large(driver) },
  {
    method: 'ex_listSegments',
    name: 'dynamic',
    args: [{ name: 'large', container: photos }],
    before: driver => large(driver, 'dynamic'),
  },
  {
    method: 'ex_deleteUpload',
    args: [{ name: 'large', container: photos }, 'once'],
    before: async driver => {
      await large(driver)
      await driver.deleteObject({ name: 'large', container: photos }, { ex_keepSegments: true })
    },
  },
  {
    method: 'ex_copyObject',
    args: [object, { name: 'copy.txt', container: photos }, { ex_metaData: { origin: 'a' } }],
  },
  {
    method: 'ex_copyObject',
    name: 'shared',
    args: [{ name: 'large', container: photos }, { name: 'copy', container: photos }, { ex_shareSegments: true }],
    before: driver => large(driver),
  },
  {
    method: 'ex_createSymlink',
    args: [object, { name: 'latest', container: photos }],
  },
  {
    method: 'ex_getMetaData',
    args: [],
    before: driver => driver.ex_setAccountMetadataTempUrlKey(KEY),
    hidden: () => ({ temporaryUrlKey: KEY }),
  },
  { method: 'ex_updateAccountMetadata', args: [{ team: 'ops' }] },
  { method: 'ex_setAccountMetadataTempUrlKey', args: [KEY] },
  { method: 'ex_setAccountMetadataTempUrlKey', name: 'second', args: [KEY, { ex_second: true }] },
  { method: 'ex_getCapabilities', args: [] },
  {
    method: 'ex_updateContainer',
    args: [photos, { metaData: { team: 'ops' }, readAcl: '.r:*', quotaBytes: 1_000_000, quotaCount: null }],
  },
  { method: 'ex_enableStaticWebsite', args: [photos, 'index.html'] },
  { method: 'ex_setErrorPage', args: [photos, 'error.html'] },
  { method: 'ex_updateObject', args: [object, { metaData: { reviewed: 'yes' }, contentDisposition: 'inline' }] },
  { method: 'ex_deleteObjects', args: [[object, { name: 'nothing', container: photos }]] },
  { method: 'ex_listFolder', args: [photos, { ex_pageSize: 2 }] },
  { method: 'ex_enableVersioning', args: [photos] },
  { method: 'ex_disableVersioning', args: [photos] },
  { method: 'ex_listObjectVersions', args: [photos, { ex_prefix: 'v.txt', ex_pageSize: 1 }], before: versions },
  {
    method: 'ex_restoreObjectVersion',
    before: versions,
    args: async driver => [{ name: 'v.txt', container: photos }, await versionOf(driver)],
  },
  {
    method: 'ex_deleteObjectVersion',
    before: versions,
    args: async driver => [{ name: 'v.txt', container: photos }, await versionOf(driver)],
  },
]

async function clear(driver: Driver): Promise<void> {
  for (const container of await driver.listContainers()) {
    await driver.ex_disableVersioning(container)
    for (const { object: each, versionId } of await driver.ex_listObjectVersions(container).catch(() => []))
      await (versionId === 'null'
        ? driver.deleteObject(each, { ex_keepSegments: true })
        : driver.ex_deleteObjectVersion(each, versionId)
      ).catch((error: unknown) => {
        if (!(error instanceof NotFoundError)) throw error
      })
    for (const each of await driver.listContainerObjects(container))
      await driver.deleteObject(each, { ex_keepSegments: true })
    await driver.deleteContainer(container)
  }
  await driver.ex_updateAccountMetadata({ team: '' })
  await driver.ex_setAccountMetadataTempUrlKey('')
  await driver.ex_setAccountMetadataTempUrlKey('', { ex_second: true })
}

export const storageStage: ServiceStage<Driver> = {
  folder: 'storage',
  service: 'object-store',
  make: options => new OpenStackSwiftStorageDriver(options),
  scenes: SCENES,
  recorder: {
    numbersIds: false,
    headers: [
      'content-length',
      'content-disposition',
      'etag',
      'last-modified',
      'range',
      'x-account-',
      'x-container-',
      'x-copy-from',
      'x-delete-',
      'x-fresh-metadata',
      'x-object-',
      'x-static-',
      'x-storage-policy',
      'x-symlink-',
      'x-versions-',
    ],
  },
  reset: async driver => {
    await clear(driver)
    await driver.createContainer('photos')
    await upload(driver, 'a/ö.txt', { metaData: { color: 'red' } })
    await upload(driver, 'b.txt')
    await upload(driver, 'c.txt')
  },
  close: clear,
}
