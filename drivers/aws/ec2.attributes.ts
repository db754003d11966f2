import * as xml from '../../lib/http/xml-shape.js'
import type { CallOptions } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { toMetadataOptions } from './ec2.base.js'
import { answer, listing } from './ec2.connection.js'
import { EC2Finders } from './ec2.finders.js'
import { type EC2Tags, needed, PAGE, toFilters, toTagList, VALUE } from './ec2.shared.js'
import type {
  EC2ConsoleOptions,
  EC2ConsoleOutput,
  EC2IamProfileAssociation,
  EC2InstanceAttribute,
  EC2ListProfilesOptions,
  EC2ListStatusOptions,
  EC2MetadataOptions,
  EC2ModifyInstance,
  EC2NodeMetadataOptions,
  EC2NodeStatus,
} from './ec2.types.js'

const TAG = xml.object({ key: xml.string, value: xml.string, resourceId: xml.string, resourceType: xml.string })
const TAG_LIST = listing('DescribeTags', 'tagSet', TAG, PAGE)
const CONSOLE = answer('GetConsoleOutput', { instanceId: xml.string, output: xml.string, timestamp: xml.date })
const PASSWORD = answer('GetPasswordData', { passwordData: xml.string, timestamp: xml.date })
const METADATA = xml.object({
  state: xml.string,
  httpTokens: xml.string,
  httpPutResponseHopLimit: xml.number,
  httpEndpoint: xml.string,
  httpProtocolIpv6: xml.string,
  instanceMetadataTags: xml.string,
})
const METADATA_CHANGED = answer('ModifyInstanceMetadataOptions', { instanceMetadataOptions: METADATA })
const FLAG = xml.object({ value: xml.boolean })
const ATTRIBUTE = answer('DescribeInstanceAttribute', {
  instanceType: VALUE,
  userData: VALUE,
  kernel: VALUE,
  ramdisk: VALUE,
  rootDeviceName: VALUE,
  sriovNetSupport: VALUE,
  instanceInitiatedShutdownBehavior: VALUE,
  disableApiTermination: FLAG,
  disableApiStop: FLAG,
  ebsOptimized: FLAG,
  enaSupport: FLAG,
  sourceDestCheck: FLAG,
})
const PROFILE = xml.object({
  associationId: xml.string,
  instanceId: xml.string,
  state: xml.string,
  iamInstanceProfile: xml.object({ arn: xml.string, id: xml.string }),
})
type RawProfile = xml.Infer<typeof PROFILE>
const PROFILES = listing('DescribeIamInstanceProfileAssociations', 'iamInstanceProfileAssociationSet', PROFILE, PAGE)
const ASSOCIATED = answer('AssociateIamInstanceProfile', { iamInstanceProfileAssociation: PROFILE })
const STATUS_SUMMARY = xml.object({ status: xml.string })
const STATUS = xml.object({
  instanceId: xml.string,
  availabilityZone: xml.string,
  instanceState: xml.object({ name: xml.string }),
  instanceStatus: STATUS_SUMMARY,
  systemStatus: STATUS_SUMMARY,
  eventsSet: xml.wrapped(
    'item',
    xml.object({
      instanceEventId: xml.string,
      code: xml.string,
      description: xml.string,
      notBefore: xml.date,
      notAfter: xml.date,
    }),
  ),
})
type RawStatus = xml.Infer<typeof STATUS>
const STATUSES = listing('DescribeInstanceStatus', 'instanceStatusSet', STATUS, PAGE)

/** Tags, and what can be asked of, and changed on, one node. */
export abstract class EC2Attributes extends EC2Finders {
  /**
   * The tags of whatever has an id: a node, a volume, an image, a network.
   *
   * @example
   * ```ts
   * const { stage } = await driver.ex_describeTags(node)
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html
   */
  async ex_describeTags(resource: Ref, options?: CallOptions): Promise<EC2Tags> {
    const params = { Filter: toFilters({ 'resource-id': resource.id }) }
    const map = ({ key, value }: xml.Infer<typeof TAG>) => [needed(key, 'key'), value ?? ''] as const
    return Object.fromEntries(await this.connection.all(TAG_LIST, map, params, options))
  }

  /**
   * Gives tags to whatever has an id; those with the same keys are replaced.
   *
   * @example
   * ```ts
   * await driver.ex_createTags(volume, { stage: 'test', owner: 'me' })
   * ```
   * @throws QuotaExceededError when there would be more than 50.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
   */
  async ex_createTags(resource: Ref, tags: EC2Tags, options?: CallOptions): Promise<void> {
    if (Object.keys(tags).length === 0) return
    await this.connection.set('CreateTags', { ResourceId: [resource.id], Tag: toTagList(tags) }, options)
  }

  /**
   * Takes tags away, where they have these values; those whose value is `null`, whatever they have.
   *
   * @example
   * ```ts
   * await driver.ex_deleteTags(volume, { stage: 'test', owner: null })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html
   */
  async ex_deleteTags(
    resource: Ref,
    tags: Readonly<Record<string, string | null>>,
    options?: CallOptions,
  ): Promise<void> {
    const Tag = Object.entries(tags).map(([Key, value]) => ({ Key, Value: value ?? undefined }))
    // Without any tag named, EC2 would take them all.
    if (Tag.length === 0) return
    await this.connection.set('DeleteTags', { ResourceId: [resource.id], Tag }, options)
  }

  /**
   * A node's tags.
   *
   * @example
   * ```ts
   * const metadata = await driver.ex_getMetadataForNode(node)
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html
   */
  async ex_getMetadataForNode(node: Ref, options?: CallOptions): Promise<EC2Tags> {
    return this.ex_describeTags(node, options)
  }

  /**
   * What a node has written to its console.
   *
   * @example
   * ```ts
   * const { output } = await driver.ex_getConsoleOutput(node, { ex_latest: true })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
   */
  async ex_getConsoleOutput(node: Ref, options?: EC2ConsoleOptions): Promise<EC2ConsoleOutput> {
    const params = { InstanceId: node.id, Latest: options?.ex_latest }
    const map = (raw: xml.Infer<typeof CONSOLE>): EC2ConsoleOutput => ({
      nodeId: needed(raw.instanceId, 'instanceId'),
      timestamp: raw.timestamp,
      output: Buffer.from(raw.output ?? '', 'base64').toString(),
    })
    return this.connection.query({ action: 'GetConsoleOutput', params, shape: CONSOLE, map }, options)
  }

  /**
   * The password of the administrator of a Windows node; `undefined` until it is made, some minutes after the node was.
   *
   * @example
   * ```ts
   * const password = await driver.ex_getPasswordData(node, await readFile('key.pem', 'utf8'))
   * ```
   * @param privateKey the RSA key in PEM of the key pair that the node was made with.
   * @throws InvalidRequestError when it does not open the password.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetPasswordData.html
   */
  async ex_getPasswordData(node: Ref, privateKey: string, options?: CallOptions): Promise<string | undefined> {
    const { opener } = await import('./ec2.password.js')
    const open = opener(this, privateKey, options)
    const params = { InstanceId: node.id }
    const map = ({ passwordData }: { passwordData?: string }) => passwordData?.trim() || undefined
    const sealed = await this.connection.query({ action: 'GetPasswordData', params, shape: PASSWORD, map }, options)
    if (sealed === undefined) return undefined
    const password = open(sealed)
    this.connection.conceal(password)
    return password
  }

  /**
   * Changes a node. Each change is a request of its own, as EC2 wants it.
   *
   * @example
   * ```ts
   * await driver.ex_modifyInstanceAttribute(node, { disableApiTermination: true })
   * ```
   * @throws ConflictError when it would have to be stopped.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
   */
  async ex_modifyInstanceAttribute(node: Ref, changes: EC2ModifyInstance, options?: CallOptions): Promise<void> {
    const { groupIds, userData, ...others } = changes
    const { fromUserData } = await import('./ec2.instances.js')
    const encoded = fromUserData(this, userData, options)
    const all = Object.entries(others).map(([name, Value]) => ({ [capital(name)]: { Value } }))
    const set = (value: object): boolean => Object.values(value).some(each => each?.Value !== undefined)
    const requests: object[] = all.filter(set)
    if (encoded !== undefined) requests.push({ UserData: { Value: encoded } })
    if (groupIds !== undefined) requests.push({ GroupId: groupIds })
    for (const request of requests) {
      await this.connection.set('ModifyInstanceAttribute', { InstanceId: node.id, ...request }, options)
    }
  }

  /**
   * One of a node's attributes that lists do not tell: `undefined` where it is not set. User data is decoded.
   *
   * @example
   * ```ts
   * const script = await driver.ex_getInstanceAttribute(node, 'userData')
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html
   */
  async ex_getInstanceAttribute(
    node: Ref,
    attribute: EC2InstanceAttribute,
    options?: CallOptions,
  ): Promise<string | boolean | undefined> {
    const params = { InstanceId: node.id, Attribute: attribute }
    const map = (raw: xml.Infer<typeof ATTRIBUTE>) => (raw as Partial<typeof raw>)[attribute]?.value
    const spec = { action: 'DescribeInstanceAttribute', params, shape: ATTRIBUTE, map }
    const value = await this.connection.query(spec, options)
    const encoded = attribute === 'userData' && typeof value === 'string'
    return encoded ? Buffer.from(value, 'base64').toString() : value
  }

  /**
   * Gives a stopped node another size.
   *
   * @example
   * ```ts
   * await node.stop()
   * await driver.ex_waitForNode(node, 'stopped')
   * await driver.ex_changeNodeSize(node, { id: 't3.large' })
   * await node.start()
   * ```
   * @throws ConflictError while it is not stopped.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
   */
  async ex_changeNodeSize(node: Ref, size: Ref, options?: CallOptions): Promise<void> {
    await this.ex_modifyInstanceAttribute(node, { instanceType: size.id }, options)
  }

  /**
   * Says how a node may ask for its metadata.
   *
   * @example
   * ```ts
   * await driver.ex_modifyMetadataOptions(node, { httpTokens: 'required' })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceMetadataOptions.html
   */
  async ex_modifyMetadataOptions(
    node: Ref,
    metadata: EC2MetadataOptions,
    options?: CallOptions,
  ): Promise<EC2NodeMetadataOptions> {
    const { fromMetadataOptions } = await import('./ec2.instances.js')
    const params = { InstanceId: node.id, ...fromMetadataOptions(metadata) }
    const map = (raw: xml.Infer<typeof METADATA_CHANGED>) =>
      toMetadataOptions(needed(raw.instanceMetadataOptions, 'instanceMetadataOptions'))
    const spec = { action: 'ModifyInstanceMetadataOptions', params, shape: METADATA_CHANGED, map, idempotent: true }
    return this.connection.query(spec, options)
  }

  /**
   * What EC2's own checks of nodes say, and what is going to happen to them.
   *
   * @example
   * ```ts
   * for await (const { nodeId, events } of driver.ex_listNodeStatus()) if (events.length > 0) console.log(nodeId, events)
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html
   */
  ex_listNodeStatus(options?: EC2ListStatusOptions): Pager<EC2NodeStatus> {
    const params = {
      InstanceId: options?.ex_nodeIds,
      IncludeAllInstances: options?.ex_all,
      Filter: toFilters(options?.ex_filters),
    }
    return this.connection.all(STATUSES, toStatus, params, options)
  }

  /**
   * The IAM instance profiles that nodes have.
   *
   * @example
   * ```ts
   * const [profile] = await driver.ex_listIamProfiles({ ex_filters: { 'instance-id': node.id } })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeIamInstanceProfileAssociations.html
   */
  ex_listIamProfiles(options?: EC2ListProfilesOptions): Pager<EC2IamProfileAssociation> {
    return this.connection.all(PROFILES, toProfile, { Filter: toFilters(options?.ex_filters) }, options)
  }

  /**
   * Gives a node an IAM instance profile.
   *
   * @example
   * ```ts
   * const { id } = await driver.ex_associateIamProfile(node, 'web-server')
   * ```
   * @param profile its name or ARN.
   * @throws ConflictError when it has one already.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateIamInstanceProfile.html
   */
  async ex_associateIamProfile(node: Ref, profile: string, options?: CallOptions): Promise<EC2IamProfileAssociation> {
    const { fromProfile } = await import('./ec2.instances.js')
    const params = { InstanceId: node.id, IamInstanceProfile: fromProfile(profile) }
    const map = (raw: xml.Infer<typeof ASSOCIATED>) =>
      toProfile(needed(raw.iamInstanceProfileAssociation, 'iamInstanceProfileAssociation'))
    const spec = { action: 'AssociateIamInstanceProfile', params, shape: ASSOCIATED, map }
    return this.connection.query(spec, options)
  }

  /**
   * Takes a node's IAM instance profile away.
   *
   * @example
   * ```ts
   * const [association] = await driver.ex_listIamProfiles({ ex_filters: { 'instance-id': node.id } })
   * if (association) await driver.ex_disassociateIamProfile(association)
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateIamInstanceProfile.html
   */
  async ex_disassociateIamProfile(association: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('DisassociateIamInstanceProfile', { AssociationId: association.id }, options)
  }

  /**
   * Measures a node every minute, at a price, or every five minutes.
   *
   * @example
   * ```ts
   * await driver.ex_monitorNode(node, true)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_MonitorInstances.html
   */
  async ex_monitorNode(node: Ref, detailed: boolean, options?: CallOptions): Promise<void> {
    const action = detailed ? 'MonitorInstances' : 'UnmonitorInstances'
    await this.connection.set(action, { InstanceId: [node.id] }, options)
  }
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function toProfile(raw: RawProfile): EC2IamProfileAssociation {
  return {
    id: needed(raw.associationId, 'associationId'),
    nodeId: needed(raw.instanceId, 'instanceId'),
    state: raw.state ?? '',
    arn: raw.iamInstanceProfile?.arn,
    profileId: raw.iamInstanceProfile?.id,
  }
}

function toStatus(raw: RawStatus): EC2NodeStatus {
  return {
    nodeId: needed(raw.instanceId, 'instanceId'),
    zone: raw.availabilityZone,
    state: raw.instanceState?.name,
    instanceStatus: raw.instanceStatus?.status,
    systemStatus: raw.systemStatus?.status,
    events: raw.eventsSet.map(({ instanceEventId: id, code, description, notBefore, notAfter }) => ({
      id,
      code,
      description,
      notBefore,
      notAfter,
    })),
  }
}
