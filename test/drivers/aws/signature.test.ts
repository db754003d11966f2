import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  ChunkSigner,
  framed,
  framedLength,
  STREAMING_SIGNED,
  STREAMING_SIGNED_TRAILER,
} from '../../../drivers/aws/signature.chunks.js'
import {
  type AwsCredentials,
  canonicalPath,
  canonicalQuery,
  HmacKey,
  type SigningOptions,
  signHeaders,
} from '../../../drivers/aws/signature.js'
import { ourSignature, signedRequests } from './signature.requests.js'

interface Vectors {
  readonly seed: number
  readonly signatures: readonly string[]
}
const file = new URL('../../../fixtures/aws/signature/botocore.json', import.meta.url)
const { seed, signatures } = JSON.parse(readFileSync(file, 'utf8')) as Vectors

describe('AWS: signatures', () => {
  it('are those of botocore, of unusual requests', () => {
    const requests = [...signedRequests(seed, signatures.length)]
    expect(requests.length).toBeGreaterThan(300)
    for (const [at, request] of requests.entries())
      expect(ourSignature(request), JSON.stringify(request)).toBe(signatures[at])
  })

  it('are made with keys of any length and texts of any length', () => {
    for (const key of ['', 'k', 'k'.repeat(64), 'k'.repeat(65), 'ä'.repeat(100)])
      for (const text of ['', 'text', 't'.repeat(64), 't'.repeat(1024), 't'.repeat(1025), 't'.repeat(9000)]) {
        const wanted = createHmac('sha256', key).update(text).digest()
        const hmac = new HmacKey(Buffer.from(key))
        expect(hmac.hex(text)).toBe(wanted.toString('hex'))
        expect(hmac.derive(text).hex('x')).toBe(createHmac('sha256', wanted).update('x').digest('hex'))
      }
  })

  it('sort the query by name, and the values of one name', () => {
    expect(canonicalQuery('')).toBe('')
    expect(canonicalQuery('uploads')).toBe('uploads=')
    expect(canonicalQuery('a-b=1&a=2&a=1&a.b=3&B=4&a')).toBe('B=4&a=&a=1&a=2&a-b=1&a.b=3')
  })

  it('take the path as it is for S3 alone', () => {
    expect(canonicalPath('/b/../a//%20', false)).toBe('/b/../a//%20')
    expect(canonicalPath('/b/../a//./%20/', true)).toBe('/a/%2520/')
    expect(canonicalPath('/..', true)).toBe('/')
  })
})

// The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
const credentials: AwsCredentials = {
  key: 'AKIAIOSFODNN7EXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}
const options: SigningOptions = {
  date: new Date('2013-05-24T00:00:00Z'),
  payloadHash: STREAMING_SIGNED,
  encodesPath: false,
}
const chunks = [
  'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
  '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
  'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
]

function seedSignature(): ReturnType<typeof signHeaders> {
  const headers = {
    host: 's3.amazonaws.com',
    'content-encoding': 'aws-chunked',
    'content-length': '66824',
    'x-amz-content-sha256': STREAMING_SIGNED,
    'x-amz-decoded-content-length': '66560',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
  }
  const target = '/examplebucket/chunkObject.txt'
  const request = { method: 'PUT' as const, origin: 'https://s3.amazonaws.com', target, headers, body: null }
  return signHeaders(request, credentials, { region: 'us-east-1', service: 's3' }, options)
}

async function frame(source: AsyncIterable<Uint8Array>, trailer?: { name: string; value(): string }): Promise<Buffer> {
  const signer = new ChunkSigner(seedSignature(), options.date)
  const parts: Uint8Array[] = []
  for await (const part of framed(source, { signer, trailer })) parts.push(part)
  return Buffer.concat(parts)
}

async function* pieces(size: number, piece: number): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0; left -= piece) yield Buffer.alloc(Math.min(piece, left), 'a')
}

describe('AWS: bodies whose chunks are signed', () => {
  it("are those of the provider's example, however the source is cut", async () => {
    expect(seedSignature().signature).toBe('4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9')
    for (const piece of [66_560, 65_536, 1000, 100_000]) {
      const body = await frame(pieces(66_560, piece))
      const wanted = [
        `10000;chunk-signature=${chunks[0]}\r\n${'a'.repeat(65_536)}\r\n`,
        `400;chunk-signature=${chunks[1]}\r\n${'a'.repeat(1024)}\r\n`,
        `0;chunk-signature=${chunks[2]}\r\n\r\n`,
      ]
      expect(body.toString()).toBe(wanted.join(''))
      expect(body.length).toBe(66_824)
    }
  })

  // The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
  it("have the trailer's signature of the provider's example", () => {
    const payloadHash = STREAMING_SIGNED_TRAILER
    const headers = {
      host: 's3.amazonaws.com',
      'content-encoding': 'aws-chunked',
      'x-amz-content-sha256': payloadHash,
      'x-amz-decoded-content-length': '66560',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-trailer': 'x-amz-checksum-crc32c',
    }
    const target = '/examplebucket/chunkObject.txt'
    const request = { method: 'PUT' as const, origin: 'https://s3.amazonaws.com', target, headers, body: null }
    const scope = { region: 'us-east-1', service: 's3' }
    const seed = signHeaders(request, credentials, scope, { ...options, payloadHash })
    expect(seed.signature).toBe('106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e')
    const signer = new ChunkSigner(seed, options.date)
    expect([65_536, 1024, 0].map(size => signer.chunk(Buffer.alloc(size, 'a')))).toEqual([
      'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
      '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
      '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
    ])
    expect(signer.trailer('x-amz-checksum-crc32c:sOO8/Q==\n')).toBe(
      'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435',
    )
  })

  it('have the length that was told before', async () => {
    for (const size of [0, 1, 15, 16, 65_535, 65_536, 65_537, 200_000]) {
      expect((await frame(pieces(size, 7777))).length).toBe(framedLength(size, true))
      const trailer = { name: 'x-amz-checksum-crc32c', value: () => 'sOO8/Q==' }
      const told = framedLength(size, true, { name: trailer.name, valueLength: 8 })
      expect((await frame(pieces(size, 7777), trailer)).length).toBe(told)
      let plain = 0
      for await (const part of framed(pieces(size, 7777), { trailer })) plain += part.length
      expect(plain).toBe(framedLength(size, false, { name: trailer.name, valueLength: 8 }))
    }
  })
})
