import { type Owned, owned } from '../../lib/owned.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { EC2Interfaces } from './ec2.interfaces.js'
import type { EC2Network, EC2Subnet } from './ec2.networks.js'

export interface EC2CreateVpc {
  name: string
  /** Of the VPC and of its one subnet. @defaultValue '192.168.0.0/20' */
  cidrBlock?: string | undefined
  /** @defaultValue EC2's choice */
  availabilityZone?: string | undefined
}
/** A VPC with a way out. */
export interface EC2Vpc {
  readonly id: string
  readonly network: EC2Network
  readonly subnets: readonly EC2Subnet[]
  /** Lets everything in and out. */
  readonly securityGroupIds: readonly string[]
}

/** VPCs with all that nodes in them need. */
export abstract class EC2Vpcs extends EC2Interfaces {
  /**
   * Makes a VPC with IPv4 and IPv6 addresses, an Internet gateway, routes to it, one subnet whose nodes have public
   * addresses, and a security group that lets everything in: a place for tests. Where any of it fails, all of it is
   * deleted again.
   *
   * @example
   * ```ts
   * await using vpc = await driver.ex_createVpc({ name: 'integration' })
   * const [subnet] = vpc.subnets
   * const node = await driver.createNode({ name: 'a', size, image, ex_subnet: subnet, ex_securityGroupIds: vpc.securityGroupIds })
   * ```
   * @throws QuotaExceededError
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/how-it-works.html
   */
  async ex_createVpc(vpc: EC2CreateVpc, options?: WaitOptions): Promise<Owned<EC2Vpc>> {
    const { createVpc } = await import('./ec2.vpc-steps.js')
    const made = await createVpc(this, vpc, options)
    return owned(made, () => this.ex_deleteVpc(made))
  }

  /**
   * The VPC of a name, or one that is made for it as `ex_createVpc` does.
   *
   * @example
   * ```ts
   * const vpc = await driver.ex_getOrCreateVpc({ name: 'integration', cidrBlock: '10.4.0.0/20' })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html
   */
  async ex_getOrCreateVpc(vpc: EC2CreateVpc, options?: WaitOptions): Promise<EC2Vpc> {
    const [network] = await this.ex_listNetworks({ ...options, ex_filters: { 'tag:Name': vpc.name } })
    if (network === undefined) return (await this.ex_createVpc(vpc, options)).keep()
    const within = { ...options, ex_filters: { 'vpc-id': network.id } }
    const subnets = await this.ex_listSubnets(within)
    const groups = await this.ex_getSecurityGroups(within)
    return { id: network.id, network, subnets, securityGroupIds: groups.map(({ id }) => id) }
  }

  /**
   * Deletes a VPC and all that is in it: nodes, NAT gateways, network interfaces, subnets, route tables, security
   * groups and Internet gateways. It waits for nodes to be gone.
   *
   * @example
   * ```ts
   * await driver.ex_deleteVpc({ id: 'vpc-1a2b3c4d' }, { timeout: 900_000 })
   * ```
   * @throws ConflictError where something is in it that this knows nothing of.
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/delete-vpc.html
   */
  async ex_deleteVpc(vpc: Ref, options?: WaitOptions): Promise<void> {
    const { deleteVpc } = await import('./ec2.vpc-steps.js')
    await deleteVpc(this, vpc, options)
  }
}
