import type { CredentialSource } from '../../lib/credentials.js'
import type { VendorMeta } from '../../lib/meta.js'

const plain = (option: string, file?: string): CredentialSource => ({
  option,
  required: false,
  secret: false,
  ...(file === undefined ? {} : { file: `clouds.yaml (or ${file})` }),
})
const hidden = (option: string, file: string): CredentialSource => ({
  option,
  required: false,
  file: `clouds.yaml, secure.yaml (or ${file})`,
})

const FILES = 'it reads or writes a file: the driver is tested for that, and the suite of the real cloud'
const SAME = 'it says what is to be in the end: twice is no more than once'
const UNDONE = 'what was begun is deleted, which is one more request'
const WAITS = 'it waits for the state that says that it is done'

export const meta: VendorMeta = {
  vendor: 'openstack',
  name: 'OpenStack',
  website: 'https://www.openstack.org',
  docs: 'https://docs.openstack.org/api-quick-start/',
  // None has `env`: variables and files describe one cloud each, and are read as a whole or not at all.
  credentials: [
    plain('key', 'OS_USERNAME, OS_APPLICATION_CREDENTIAL_ID'),
    hidden('secret', 'OS_PASSWORD, OS_APPLICATION_CREDENTIAL_SECRET'),
    hidden('token', 'OS_TOKEN'),
    plain('authUrl', 'OS_AUTH_URL'),
    plain('authType', 'OS_AUTH_TYPE'),
    plain('cloud', 'OS_CLOUD'),
    plain('project', 'OS_PROJECT_NAME, OS_TENANT_NAME'),
    plain('projectId', 'OS_PROJECT_ID, OS_TENANT_ID'),
    plain('domain', 'OS_DOMAIN_NAME, OS_DEFAULT_DOMAIN'),
    plain('domainId', 'OS_DOMAIN_ID'),
    plain('userId', 'OS_USER_ID'),
    plain('userDomain', 'OS_USER_DOMAIN_NAME'),
    plain('userDomainId', 'OS_USER_DOMAIN_ID'),
    plain('projectDomain', 'OS_PROJECT_DOMAIN_NAME'),
    plain('projectDomainId', 'OS_PROJECT_DOMAIN_ID'),
    plain('scope', 'OS_SYSTEM_SCOPE'),
    plain('trustId', 'OS_TRUST_ID'),
    plain('interface', 'OS_INTERFACE'),
    plain('endpoints', 'OS_COMPUTE_ENDPOINT_OVERRIDE …'),
    plain('microversions', 'OS_COMPUTE_API_VERSION …'),
    { option: 'temporaryUrlKey', required: false },
  ],
  drivers: [
    {
      api: 'compute',
      constant: 'OPENSTACK',
      class: 'OpenStackNodeDriver',
      file: 'compute',
      family: { base: 'OpenStackVendorNodeDriver', options: 'OpenStackVendorOptions' },
      apiVersion: 'v2.1',
      transport: 'http',
      idempotency: 'none',
      exempt: {
        'listLocations:pages': 'availability zones come in one piece',
        'createNode:unknown states': 'Nova does not tell the state of what it has just been asked for',
        'ex_uploadImage:options reach every request': 'what was begun is deleted, which is one more request',
        'ex_importKeypair:fixture': 'its argument is a file of this machine; importKeyPairFromString sends the same',
        'ex_waitForState:hostile': 'it waits as long as it may for a state that there is not',
        'ex_listServices:abort': 'the catalog is fetched for all calls that want it, and ends with none of them',
        'ex_getConsoleOutput:repeatable': 'it reads, though it is asked for by POST',
      },
    },
    {
      api: 'storage',
      constant: 'OPENSTACK_SWIFT',
      class: 'OpenStackSwiftStorageDriver',
      file: 'storage',
      family: { base: 'OpenStackVendorStorageDriver', options: 'SwiftVendorOptions' },
      apiVersion: 'v1',
      transport: 'http',
      aliases: [{ constant: 'CLOUDFILES_SWIFT' }],
      idempotency: 'none',
      exempt: {
        uploadObject: FILES,
        downloadObject: FILES,
        'ex_multipartUploadObject:fixture': FILES,
        'enableContainerCdn:repeatable': SAME,
        'ex_updateAccountMetadata:repeatable': SAME,
        'ex_setAccountMetadataTempUrlKey:repeatable': SAME,
        'ex_updateContainer:repeatable': SAME,
        'ex_enableStaticWebsite:repeatable': SAME,
        'ex_setErrorPage:repeatable': SAME,
        'ex_enableVersioning:repeatable': SAME,
        'ex_disableVersioning:repeatable': SAME,
        'ex_updateObject:repeatable': SAME,
        'ex_deleteObjects:repeatable': SAME,
      },
    },
    {
      api: 'dns',
      constant: 'DESIGNATE',
      class: 'DesignateDNSDriver',
      file: 'dns',
      apiVersion: 'v2',
      transport: 'http',
      idempotency: 'none',
      exempt: {
        'createZone:options reach every request': UNDONE,
        exportZoneToBindZoneFile:
          'it writes a file: the base class is tested for that, and the suite of the real server',
      },
    },
    {
      api: 'dns',
      constant: 'RACKSPACE',
      class: 'RackspaceDNSDriver',
      file: 'rackspace.dns',
      apiVersion: 'v1.0',
      transport: 'http',
      aliases: [
        { constant: 'RACKSPACE_UK', region: 'LON' },
        { constant: 'RACKSPACE_US', region: 'DFW' },
      ],
      idempotency: 'none',
      exempt: {
        'listRecords:pages': 'a zone that is known by its id alone is asked for its domain first',
        exportZoneToBindZoneFile:
          'it writes a file: the base class is tested for that, and the suites of real name servers',
      },
    },
    {
      api: 'loadbalancer',
      constant: 'OCTAVIA',
      class: 'OctaviaLBDriver',
      file: 'loadbalancer',
      apiVersion: 'v2',
      transport: 'http',
      idempotency: 'none',
      exempt: {
        'listProtocols:fixture': 'nothing is asked: the protocols stand in the documentation only',
        'listBalancers:pages': 'the ports of a page stand in another list, which is asked for with the first page',
        'balancerListMembers:pages': 'the first of its requests is for the balancer, and brings no page',
        'createBalancer:options reach every request': UNDONE,
        'createBalancer:unknown states': WAITS,
        'updateBalancer:unknown states': WAITS,
        'ex_waitUntilActive:unknown states': WAITS,
      },
    },
  ],
}
