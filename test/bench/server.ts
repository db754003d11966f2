// The servers that all subjects talk to, in a process of their own: what it takes to answer is not measured.
// Started by fork(); sends its port as the first message.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { INSTANCES } from './ec2-instances.js'

const droplet = (id: number): object => ({
  id,
  name: `web-${id}.example.com`,
  memory: 1024,
  vcpus: 1,
  disk: 25,
  locked: false,
  status: 'active',
  kernel: null,
  created_at: '2020-07-21T18:37:44Z',
  features: ['backups', 'private_networking', 'ipv6'],
  backup_ids: [53893572],
  next_backup_window: { start: '2020-07-30T00:00:00Z', end: '2020-07-30T23:00:00Z' },
  snapshot_ids: [67512819],
  image: { id: 63663980, name: '20.04 (LTS) x64', distribution: 'Ubuntu', slug: 'ubuntu-20-04-x64', public: true },
  volume_ids: [],
  size_slug: 's-1vcpu-1gb',
  networks: {
    v4: [
      { ip_address: '10.128.192.124', netmask: '255.255.0.0', gateway: 'nil', type: 'private' },
      { ip_address: '192.241.165.154', netmask: '255.255.255.0', gateway: '192.241.165.1', type: 'public' },
    ],
    v6: [{ ip_address: '2604:a880:0:1010::18a:a001', netmask: 64, gateway: '2604:a880:0:1010::1', type: 'public' }],
  },
  region: { name: 'New York 3', slug: 'nyc3', features: ['backups', 'ipv6', 'metadata'], available: true },
  tags: ['web', 'env:prod'],
  vpc_uuid: '760e09ef-dc84-11e8-981e-3cfdfeaae000',
})
const record = (id: number): object => ({
  id,
  type: 'A',
  name: `host-${id}`,
  data: `192.0.2.${id % 250}`,
  priority: null,
  port: null,
  ttl: 1800,
  weight: null,
  flags: null,
  tag: null,
})
const thousand = (make: (id: number) => object): object[] => Array.from({ length: 1000 }, (_, at) => make(at + 1))

const PAGES: Readonly<Record<string, Buffer>> = {
  '/v2/droplets': Buffer.from(JSON.stringify({ droplets: thousand(droplet), links: {}, meta: { total: 1000 } })),
  '/v2/domains/example.com/records': Buffer.from(
    JSON.stringify({ domain_records: thousand(record), links: {}, meta: { total: 1000 } }),
  ),
  '/v2/domains/example.com': Buffer.from(
    JSON.stringify({ domain: { name: 'example.com', ttl: 1800, zone_file: '$ORIGIN example.com.\n$TTL 1800\n' } }),
  ),
}
const SMALL = PAGES['/v2/domains/example.com'] as Buffer
const BLOCK = Buffer.alloc(256 * 1024, 'libcloud')

/** As many bytes as asked for, as fast as they are taken. */
function pour(response: ServerResponse, size: number): void {
  let left = size
  const more = (): void => {
    while (left > 0) {
      const block = left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK
      left -= block.length
      if (!response.write(block) && left > 0) return void response.once('drain', more)
    }
    response.end()
  }
  more()
}

function drain(request: IncomingMessage, done: (size: number) => void): void {
  let size = 0
  request.on('data', chunk => {
    size += chunk.length
  })
  request.on('end', () => done(size))
  request.on('error', () => {})
}

const PAGE_COUNT = 100
/** A page of 1,000 keys of a list that has a hundred. */
function listing(page: number): Buffer {
  const keys = Array.from({ length: 1000 }, (_, at) => {
    const key = `photos/2024/album-${page}/image-${String(at).padStart(6, '0')}.jpg`
    const tag = '&quot;d41d8cd98f00b204e9800998ecf8427e&quot;'
    return `<Contents><Key>${key}</Key><LastModified>2024-01-31T10:00:00.000Z</LastModified><ETag>${tag}</ETag><Size>${at * 1013}</Size><StorageClass>STANDARD</StorageClass></Contents>`
  })
  const next = page < PAGE_COUNT ? `<NextContinuationToken>${page + 1}</NextContinuationToken>` : ''
  const head = `<Name>listing</Name><KeyCount>1000</KeyCount><EncodingType>url</EncodingType><IsTruncated>${page < PAGE_COUNT}</IsTruncated>${next}`
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult ${NS}>${head}${keys.join('')}</ListBucketResult>`,
  )
}
const listings: Buffer[] = []
const KIBIBYTE = Buffer.alloc(1024, 'libcloud')

const NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
/** As much of S3 as storing an object takes, in one request or in parts. */
function s3(request: IncomingMessage, response: ServerResponse, url: URL): void {
  const parts = url.searchParams
  const xml = (body: string): void => void response.writeHead(200, { 'content-type': 'application/xml' }).end(body)
  drain(request, () => {
    if (request.method === 'PUT') response.writeHead(200, { etag: '"0123456789abcdef0123456789abcdef"' }).end()
    else if (parts.has('uploads')) {
      xml(`<InitiateMultipartUploadResult ${NS}><UploadId>u1</UploadId></InitiateMultipartUploadResult>`)
    } else if (parts.has('uploadId')) {
      xml(`<CompleteMultipartUploadResult ${NS}><ETag>"e"</ETag></CompleteMultipartUploadResult>`)
    } else response.writeHead(400).end()
  })
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const [, kind = '', size = ''] = url.pathname.split('/')
  const page = PAGES[url.pathname]
  if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 12345, etag: '"abc"' }).end()
  else if (page) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': page.length }).end(page)
  } else if (kind === 'bytes' && request.method === 'GET') {
    pour(response.writeHead(200, { 'content-length': size }), Number(size))
  } else if (kind === 'chunked') pour(response.writeHead(200), Number(size))
  else if (kind === 'object') {
    response.writeHead(200, { 'content-length': SMALL.length, etag: '"abc"' }).end(SMALL)
  } else if (kind === 'listing') {
    const page = Number(url.searchParams.get('continuation-token') ?? 1)
    listings[page] ??= listing(page)
    const body = listings[page] as Buffer
    response.writeHead(200, { 'content-type': 'application/xml', 'content-length': body.length }).end(body)
  } else if (kind === 'kibibyte') {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 1024, etag: '"abc"' }).end(KIBIBYTE)
  } else if (kind === 'sink') {
    drain(request, received => {
      // Said by the client, so that a subject that loses bytes cannot look fast.
      const whole = received === Number(size)
      response.writeHead(whole ? 200 : 400, { 'content-type': 'application/json' }).end(`{"received":${received}}`)
    })
  } else if (request.method === 'POST' && url.pathname === '/') {
    const headers = { 'content-type': 'text/xml;charset=UTF-8', 'content-length': INSTANCES.length }
    drain(request, () => void response.writeHead(200, headers).end(INSTANCES))
  } else s3(request, response, url)
}

const server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0 }, answer)
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
