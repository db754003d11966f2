import { BlockList, isIP } from 'node:net'

/** An address of a server, as Nova shows it. */
export interface RawAddress {
  readonly addr: string
  readonly version: number
  readonly 'OS-EXT-IPS:type'?: 'fixed' | 'floating'
  readonly 'OS-EXT-IPS-MAC:mac_addr'?: string
}
/** A server's addresses in one network. */
export interface OpenStackAddress {
  readonly address: string
  readonly version: 4 | 6
  readonly type: 'fixed' | 'floating'
  readonly macAddress: string | undefined
}

const notPublic = new BlockList()
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
] as const) {
  notPublic.addSubnet(net, bits, 'ipv4')
}
notPublic.addSubnet('fc00::', 7, 'ipv6')
notPublic.addSubnet('fe80::', 10, 'ipv6')

/** Floating addresses are reached from outside; of others, their range tells. */
export function isPublic({ address, type }: OpenStackAddress): boolean {
  if (type === 'floating') return true
  const version = isIP(address)
  return version !== 0 && !notPublic.check(address, version === 6 ? 'ipv6' : 'ipv4')
}

export function toAddress(raw: RawAddress): OpenStackAddress {
  return {
    address: raw.addr,
    version: raw.version === 6 ? 6 : 4,
    type: raw['OS-EXT-IPS:type'] ?? 'fixed',
    macAddress: raw['OS-EXT-IPS-MAC:mac_addr'],
  }
}
