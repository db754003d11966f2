import type { FamilyMember } from '../../lib/meta.js'
import type { CloudPreset } from './settings.js'

/** A public Swift. */
export interface SwiftVendor extends FamilyMember {
  /** What its users need not say. */
  readonly preset: CloudPreset
  /** Whether it has a content delivery network of its own. @defaultValue false */
  readonly hasCdn?: boolean | undefined
}

/** Public clouds that are known for their Swift. */
export const VENDORS: readonly SwiftVendor[] = [
  {
    provider: 'cloudfiles',
    class: 'CloudFilesStorageDriver',
    name: 'Rackspace Cloud Files',
    docs: 'https://docs-ospc.rackspace.com/cloud-files/v1',
    regions: ['DFW', 'HKG', 'IAD', 'LON', 'ORD', 'SYD'],
    region: 'DFW',
    hasCdn: true,
    preset: { authUrl: 'https://identity.api.rackspacecloud.com/v2.0', authType: 'rackspaceApiKey' },
  },
  {
    provider: 'ktucloud',
    class: 'KTUCloudStorageDriver',
    name: 'KT Cloud Storage',
    docs: 'https://cloud.kt.com/docs/open-api-guide/g/storage/object-storage',
    preset: { authUrl: 'https://ssproxy.ucloudbiz.olleh.com/auth/v1.0' },
  },
]
