// What Octavia says of balancers and members, as this library has it.
import { LoadBalancer, LoadBalancerState, Member, type MemberAddress } from '../../lib/loadbalancer/types.js'
import type { Ref } from '../../lib/resource.js'
import { fromRaw, type OctaviaHolder } from './loadbalancer.shared.js'
import type {
  OctaviaBalancerExtra,
  OctaviaBalancerSettings,
  OctaviaListener,
  OctaviaListenerSettings,
  OctaviaMemberExtra,
  OctaviaPoolMember,
} from './loadbalancer.types.js'

const STATES: Readonly<Record<string, LoadBalancerState>> = {
  ACTIVE: LoadBalancerState.RUNNING,
  PENDING_CREATE: LoadBalancerState.PENDING,
  PENDING_UPDATE: LoadBalancerState.PENDING,
  PENDING_DELETE: LoadBalancerState.PENDING,
  ERROR: LoadBalancerState.ERROR,
  DELETED: LoadBalancerState.DELETED,
}
/** A reply's thing as it is. */
export const asIs = (raw: object): object => raw

/** A balancer, with what is known of listeners. */
export function toBalancer(
  driver: OctaviaHolder,
  raw: object,
  listeners: ReadonlyMap<string, OctaviaListener> | undefined,
): LoadBalancer<OctaviaBalancerExtra> {
  const extra = extraOf(raw)
  const { id, name, listeners: own = [] } = raw as { id: string; name: string; listeners?: readonly RawOwn[] }
  const ports = own.map(each => listeners?.get(each.id) ?? each)
  const [first] = ports.sort((a, b) => madeAt(a) - madeAt(b))
  const port = first && ('protocolPort' in first ? first.protocolPort : first.protocol_port)
  const state = STATES[extra.state] ?? LoadBalancerState.UNKNOWN
  return new LoadBalancer(driver, { id, name, state, ip: extra.vipAddress ?? '', port: port ?? 0, extra })
}

export function toMember(
  driver: OctaviaHolder,
  raw: object,
  poolId: string,
  balancer: Ref | undefined,
): Member<OctaviaMemberExtra> {
  const { id, address, protocolPort, ...extra } = fromRaw<OctaviaPoolMember>(raw)
  return new Member(driver, { id, ip: address, port: protocolPort, balancer, extra: { ...extra, poolId } })
}

/** A listener as a balancer that was just made has it; in lists it is an id alone. */
interface RawOwn {
  readonly id: string
  readonly protocol_port?: number
  readonly created_at?: string
}
const madeAt = (listener: OctaviaListener | RawOwn): number =>
  'createdAt' in listener ? Number(listener.createdAt ?? 0) : Date.parse((listener as RawOwn).created_at ?? '') || 0

/** What only Octavia tells of a balancer. */
export function extraOf(raw: object): OctaviaBalancerExtra {
  const { id, name, additionalVips, ...extra } = fromRaw<
    OctaviaBalancerExtra & Ref & { name: string; additionalVips: unknown }
  >(raw)
  return extra
}

export function toSettings(given: OctaviaBalancerSettings): object {
  return {
    description: given.ex_description,
    adminStateUp: given.ex_adminStateUp,
    tags: given.ex_tags,
    vipQosPolicyId: given.ex_vipQosPolicyId,
  }
}

export function toNewMember({ ip, port }: MemberAddress, subnet: Ref | undefined): object {
  return { address: ip, protocolPort: port, subnetId: subnet?.id }
}

/** What a listener is told so that it becomes another's like. */
export function copyOf(listener: OctaviaListener): OctaviaListenerSettings {
  const { id, state, operatingStatus, projectId, createdAt, updatedAt, balancerIds, l7PolicyIds, ...rest } = listener
  const { protocol, protocolPort, ...settings } = rest
  return settings as OctaviaListenerSettings
}
