import type { FamilyMember } from '../../lib/meta.js'
import type { CloudPreset } from './settings.js'

/** A public cloud of OpenStack. */
export interface OpenStackVendor extends FamilyMember {
  /** What its users need not say. */
  readonly preset: CloudPreset
}

/** Public clouds. What is special of one is where its identity service is, and how one proves to it who one is. */
export const VENDORS: readonly OpenStackVendor[] = [
  {
    provider: 'rackspace',
    class: 'RackspaceNodeDriver',
    name: 'Rackspace Cloud Servers',
    docs: 'https://docs-ospc.rackspace.com/cloud-servers/v2',
    regions: ['DFW', 'HKG', 'IAD', 'LON', 'ORD', 'SYD'],
    region: 'DFW',
    preset: { authUrl: 'https://identity.api.rackspacecloud.com/v2.0', authType: 'rackspaceApiKey' },
  },
  {
    provider: 'ovh',
    class: 'OvhNodeDriver',
    name: 'OVHcloud Public Cloud',
    docs: 'https://help.ovhcloud.com/csm/world-documentation-public-cloud',
    preset: { authUrl: 'https://auth.cloud.ovh.net/v3' },
  },
  {
    provider: 'ovh_us',
    class: 'OvhUSNodeDriver',
    name: 'OVHcloud Public Cloud (United States)',
    docs: 'https://support.us.ovhcloud.com',
    preset: { authUrl: 'https://auth.cloud.ovh.us/v3' },
  },
  {
    provider: 'gandi_cloud',
    class: 'GandiCloudNodeDriver',
    name: 'GandiCloud VPS',
    docs: 'https://docs.gandi.net/en/cloud/vps/',
    region: 'FR-SD6',
    preset: { authUrl: 'https://keystone.sd6.api.gandi.net:5000/v3', domain: 'public' },
  },
  {
    provider: 'infomaniak',
    class: 'InfomaniakNodeDriver',
    name: 'Infomaniak Public Cloud',
    docs: 'https://docs.infomaniak.cloud',
    regions: ['dc3-a', 'dc4-a'],
    region: 'dc3-a',
    preset: { authUrl: 'https://api.pub1.infomaniak.cloud/identity/v3' },
  },
  {
    provider: 'vexxhost',
    class: 'VexxhostNodeDriver',
    name: 'VEXXHOST Public Cloud',
    docs: 'https://docs.openstack.org/openstacksdk/latest/user/config/vendor-support.html#vexxhost',
    preset: { authUrl: 'https://auth.vexxhost.net/v3' },
  },
  {
    provider: 'cleura',
    class: 'CleuraNodeDriver',
    name: 'Cleura Public Cloud (City Cloud)',
    docs: 'https://docs.cleura.cloud',
    regions: ['Fra1', 'Kna1', 'Lon1', 'Sto2', 'dx1', 'tky1'],
    region: 'Kna1',
    preset: { authUrl: 'https://{region_name}.citycloud.com:5000/v3' },
  },
  {
    provider: 'otc',
    class: 'OpenTelekomCloudNodeDriver',
    name: 'Open Telekom Cloud',
    docs: 'https://docs.otc.t-systems.com',
    regions: ['eu-de', 'eu-nl'],
    region: 'eu-de',
    preset: { authUrl: 'https://iam.{region_name}.otc.t-systems.com/v3' },
  },
  {
    provider: 'elastx',
    class: 'ElastxNodeDriver',
    name: 'ELASTX OpenStack IaaS',
    docs: 'https://docs.elastx.cloud',
    regions: ['se-sto'],
    region: 'se-sto',
    preset: { authUrl: 'https://ops.elastx.cloud:5000/v3' },
  },
  {
    provider: 'switch_engines',
    class: 'SwitchEnginesNodeDriver',
    name: 'SWITCHengines',
    docs: 'https://help.switch.ch/engines/',
    regions: ['LS', 'ZH'],
    region: 'ZH',
    preset: { authUrl: 'https://keystone.cloud.switch.ch:5000/v3' },
  },
  {
    provider: 'dreamcompute',
    class: 'DreamComputeNodeDriver',
    name: 'DreamHost DreamCompute',
    docs: 'https://help.dreamhost.com/hc/en-us',
    regions: ['RegionOne'],
    region: 'RegionOne',
    preset: { authUrl: 'https://iad2.dream.io:5000/v3' },
  },
]
