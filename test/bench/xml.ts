// How fast XML replies are read, against fast-xml-parser and saxes, in MB per second of CPU time.
// Run: node --import ./test/tools/ts.mjs test/bench/xml.ts

import { isDeepStrictEqual } from 'node:util'
import { XMLParser } from 'fast-xml-parser'
import { SaxesParser } from 'saxes'
import { parseXml, readXml, XmlReader, type XmlShape, xml } from '../../lib/http/xml.js'

const listing = xml.named(
  'ListBucketResult',
  xml.object({
    Name: xml.string,
    MaxKeys: xml.number,
    KeyCount: xml.number,
    IsTruncated: xml.boolean,
    NextContinuationToken: xml.string,
    Contents: xml.list(
      xml.object({
        Key: xml.string,
        LastModified: xml.date,
        ETag: xml.string,
        Size: xml.number,
        StorageClass: xml.string,
      }),
    ),
  }),
)

const group = xml.object({ groupId: xml.string, groupName: xml.string })
const reservations = xml.object({
  requestId: xml.string,
  nextToken: xml.string,
  reservationSet: xml.wrapped(
    'item',
    xml.object({
      reservationId: xml.string,
      ownerId: xml.string,
      groupSet: xml.wrapped('item', group),
      instancesSet: xml.wrapped(
        'item',
        xml.object({
          instanceId: xml.string,
          imageId: xml.string,
          instanceState: xml.object({ code: xml.number, name: xml.string }),
          privateDnsName: xml.string,
          dnsName: xml.string,
          keyName: xml.string,
          amiLaunchIndex: xml.number,
          instanceType: xml.string,
          launchTime: xml.date,
          placement: xml.object({ availabilityZone: xml.string, tenancy: xml.string }),
          subnetId: xml.string,
          vpcId: xml.string,
          privateIpAddress: xml.string,
          ipAddress: xml.string,
          ebsOptimized: xml.boolean,
          sourceDestCheck: xml.boolean,
          groupSet: xml.wrapped('item', group),
          architecture: xml.string,
          blockDeviceMapping: xml.wrapped(
            'item',
            xml.object({
              deviceName: xml.string,
              ebs: xml.object({
                volumeId: xml.string,
                status: xml.string,
                attachTime: xml.date,
                deleteOnTermination: xml.boolean,
              }),
            }),
          ),
          tagSet: xml.wrapped('item', xml.object({ key: xml.string, value: xml.string })),
          networkInterfaceSet: xml.wrapped(
            'item',
            xml.object({
              networkInterfaceId: xml.string,
              macAddress: xml.string,
              privateIpAddress: xml.string,
              status: xml.string,
            }),
          ),
        }),
      ),
    }),
  ),
})

const hex = (seed: number, length: number): string =>
  Array.from({ length }, (_, at) => ((Math.imul(seed + at, 2654435761) >>> 13) & 15).toString(16)).join('')

function listingPage(): string {
  let page =
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>archive</Name><Prefix></Prefix><KeyCount>1000</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated><NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>'
  for (let at = 0; at < 1000; at++) {
    page += `<Contents><Key>photos/2024/${String(at % 12).padStart(2, '0')}/IMG_${hex(at, 8)}.jpeg</Key><LastModified>2024-0${1 + (at % 9)}-1${at % 9}T1${at % 9}:2${at % 9}:41.000Z</LastModified><ETag>&quot;${hex(at * 7, 32)}&quot;</ETag><Size>${at * 31337}</Size><StorageClass>STANDARD</StorageClass></Contents>`
  }
  return `${page}</ListBucketResult>`
}

function instance(at: number): string {
  const id = hex(at, 17)
  const ip = `10.0.${at >> 8}.${at & 255}`
  const groups = `<item><groupId>sg-${hex(at % 5, 17)}</groupId><groupName>web &amp; api</groupName></item>`
  const disks = ['xvda', 'xvdb'].map(
    disk =>
      `<item><deviceName>/dev/${disk}</deviceName><ebs><volumeId>vol-${hex(at + 3, 17)}</volumeId><status>attached</status><attachTime>2024-03-05T10:11:12.000Z</attachTime><deleteOnTermination>true</deleteOnTermination></ebs></item>`,
  )
  const tags = ['Name', 'environment', 'owner', 'cost-centre'].map(
    key => `<item><key>${key}</key><value>${key}-${at}</value></item>`,
  )
  return `<item><instanceId>i-${id}</instanceId><imageId>ami-${hex(1, 17)}</imageId><instanceState><code>16</code><name>running</name></instanceState><privateDnsName>ip-${ip.replaceAll('.', '-')}.eu-west-1.compute.internal</privateDnsName><dnsName>ec2-${at}.eu-west-1.compute.amazonaws.com</dnsName><reason/><keyName>operations</keyName><amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>t3.micro</instanceType><launchTime>2024-03-05T10:11:11.000Z</launchTime><placement><availabilityZone>eu-west-1a</availabilityZone><groupName/><tenancy>default</tenancy></placement><monitoring><state>disabled</state></monitoring><subnetId>subnet-${hex(2, 17)}</subnetId><vpcId>vpc-${hex(3, 17)}</vpcId><privateIpAddress>${ip}</privateIpAddress><ipAddress>203.0.113.${at & 255}</ipAddress><sourceDestCheck>true</sourceDestCheck><groupSet>${groups}</groupSet><architecture>x86_64</architecture><rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping>${disks.join('')}</blockDeviceMapping><virtualizationType>hvm</virtualizationType><clientToken>${hex(at, 32)}</clientToken><tagSet>${tags.join('')}</tagSet><hypervisor>xen</hypervisor><networkInterfaceSet><item><networkInterfaceId>eni-${id}</networkInterfaceId><subnetId>subnet-${hex(2, 17)}</subnetId><vpcId>vpc-${hex(3, 17)}</vpcId><description/><ownerId>123456789012</ownerId><status>in-use</status><macAddress>06:aa:bb:cc:dd:${hex(at, 2)}</macAddress><privateIpAddress>${ip}</privateIpAddress><sourceDestCheck>true</sourceDestCheck><groupSet>${groups}</groupSet><attachment><attachmentId>eni-attach-${id}</attachmentId><deviceIndex>0</deviceIndex><status>attached</status><attachTime>2024-03-05T10:11:11.000Z</attachTime><deleteOnTermination>true</deleteOnTermination></attachment></item></networkInterfaceSet><ebsOptimized>false</ebsOptimized></item>`
}

/** EC2 indents its replies. */
function instancesPage(): string {
  const sets = Array.from(
    { length: 100 },
    (_, at) =>
      `<item><reservationId>r-${hex(at, 17)}</reservationId><ownerId>123456789012</ownerId><groupSet/><instancesSet>${instance(at)}</instancesSet></item>`,
  )
  const body = `<requestId>8f7724cf-496f-496e-8fe3-${hex(4, 12)}</requestId><reservationSet>${sets.join('')}</reservationSet>`
  let level = 1
  const lines = body.replace(/></g, '>\n<').split('\n')
  const text = lines.map(line => {
    if (line.startsWith('</')) level--
    const result = '    '.repeat(level) + line
    if (!line.startsWith('</') && !line.endsWith('/>') && !line.includes('</')) level++
    return result
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">\n${text.join('\n')}\n</DescribeInstancesResponse>\n`
}

type Value = Record<string, unknown>

/** The same values with saxes, in the way one writes it by hand for any shape: a stack of shapes and targets. */
function withSaxes(shape: XmlShape<unknown>, document: string): unknown {
  const parser = new SaxesParser({ position: false })
  const stack: { shape: XmlShape<unknown> | undefined; target: unknown }[] = []
  let text = ''
  let result: unknown
  const makeTarget = (of: XmlShape<unknown> | undefined): unknown => {
    if (of?.kind === 'wrapped') return []
    if (of?.kind !== 'object') return undefined
    const target: Value = {}
    for (const [key, member] of Object.entries(of.members as Record<string, XmlShape<unknown>>)) {
      if (member.kind === 'list' || member.kind === 'wrapped') target[key] = []
    }
    return target
  }
  parser.on('opentag', ({ name }) => {
    const parent = stack.at(-1)
    let next: XmlShape<unknown> | undefined
    if (parent === undefined) next = shape
    else if (parent.shape?.kind === 'object') {
      next = parent.shape.members![name]
      if (next?.kind === 'list') next = next.of
    } else if (parent.shape?.kind === 'wrapped' && parent.shape.names![0] === name) next = parent.shape.of
    stack.push({ shape: next, target: makeTarget(next) })
    text = ''
  })
  parser.on('text', value => {
    text += value
  })
  parser.on('closetag', ({ name }) => {
    const { shape: of, target } = stack.pop()!
    const parent = stack.at(-1)
    if (of === undefined) return
    let value: unknown = target
    if (of.kind === 'string') value = text
    else if (of.kind === 'number') value = Number(text)
    else if (of.kind === 'boolean') value = text === 'true'
    else if (of.kind === 'date') value = new Date(text)
    if (parent === undefined) result = value
    else if (Array.isArray(parent.target)) parent.target.push(value)
    else if (parent.shape!.members![name]!.kind === 'list') ((parent.target as Value)[name] as unknown[]).push(value)
    else (parent.target as Value)[name] = value
  })
  parser.write(document).close()
  return result
}

const peers: Record<string, (bytes: Buffer, shape: XmlShape<unknown>) => unknown> = {
  libcloud: (bytes, shape) => readXml(bytes, shape),
  'libcloud, in 16 KiB': (bytes, shape) => {
    const reader = new XmlReader(shape)
    for (let at = 0; at < bytes.length; at += 16384) reader.write(bytes.subarray(at, at + 16384))
    return reader.end()
  },
  'libcloud, no shape': bytes => parseXml(bytes),
  saxes: (bytes, shape) => withSaxes(shape, bytes.toString()),
  // All text stays text, which is less work than the others do.
  'fast-xml-parser': bytes => new XMLParser({ parseTagValue: false, processEntities: true }).parse(bytes),
}

const ROUNDS = Number(process.env['ROUNDS'] ?? 30)
for (const [title, page, shape] of [
  ['ListObjectsV2, 1000 keys', listingPage(), listing],
  ['DescribeInstances, 100 instances', instancesPage(), reservations],
] as const) {
  const bytes = Buffer.from(page)
  const ours = peers['libcloud']!(bytes, shape)
  if (!isDeepStrictEqual(ours, peers['saxes']!(bytes, shape))) throw new Error('The values differ')
  const seconds = new Map<string, number[]>()
  for (let round = 0; round < ROUNDS + 5; round++) {
    for (const [name, read] of Object.entries(peers)) {
      const times = name.startsWith('libcloud') ? 5 : 1
      const start = process.cpuUsage()
      for (let time = 0; time < times; time++) read(bytes, shape)
      const { user, system } = process.cpuUsage(start)
      // The first rounds warm up.
      if (round >= 5) seconds.set(name, [...(seconds.get(name) ?? []), (user + system) / 1e6 / times])
    }
  }
  console.log(`${title}: ${bytes.length} bytes`)
  const median = (name: string) => seconds.get(name)!.sort((a, b) => a - b)[ROUNDS >> 1]!
  for (const name of seconds.keys()) {
    const speed = (bytes.length / 1e6 / median(name)).toFixed(1).padStart(7)
    const ratios = ['saxes', 'fast-xml-parser'].map(peer => `${(median(peer) / median(name)).toFixed(2)} × ${peer}`)
    console.log(`  ${name.padEnd(22)}${speed} MB per CPU-second  ${ratios.join('  ')}`)
  }
}
