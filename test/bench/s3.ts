// S3 over HTTP, in CPU time of the client, and the signing of a request.
// Run: node --import ./test/tools/ts.mjs test/bench/s3.ts (after a build), ONLY=<pattern of the works below> for some of it.
import { signHeaders } from '../../drivers/aws/signature.js'
import { type Comparison, compare, startServer, table } from './harness.js'

const COMPARISONS: readonly Comparison[] = [
  {
    title: 'ListObjectsV2, 100 pages of 1,000 keys: read as text by undici, made into objects by the others',
    work: 's3list',
    subjects: ['undici', 's3', 'aws'],
    units: 1,
    unit: 'list',
    rounds: 5,
    warmUp: 1,
  },
  {
    title: 'GET of 1 KiB, one after another',
    work: 's3get',
    subjects: ['undici', 's3', 'aws'],
    units: 1000,
    unit: 'call',
  },
  {
    title: 'GET of 1 KiB, 50 at once',
    work: 's3get at once',
    subjects: ['undici', 's3', 'aws'],
    units: 2000,
    unit: 'call',
  },
  {
    title: '512 MiB in parts of 8 MiB, against one request; s3-checked signs and checks them',
    work: 'upParts',
    subjects: ['undici', 's3', 's3-checked', 'aws'],
    units: 512,
    unit: 'MiB',
    rounds: 3,
    warmUp: 1,
    sessions: 3,
  },
]

const { port, stop } = await startServer()
try {
  for (const comparison of COMPARISONS) await compare(port, comparison)
} finally {
  stop()
}
if (new RegExp(process.env['ONLY'] ?? 'sign').test('sign')) signing()

function signing(): void {
  const sign = (count: number): number => {
    const before = process.cpuUsage()
    for (let at = 0; at < count; at++) {
      const headers = {
        host: 'my-bucket.s3.us-east-1.amazonaws.com',
        'user-agent': 'bench',
        'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      }
      const request = { method: 'GET' as const, origin: '', target: `/key-${at}?versionId=1`, headers, body: undefined }
      const options = { date: new Date(), payloadHash: 'UNSIGNED-PAYLOAD', encodesPath: false }
      signHeaders(request, { key: 'test-key', secret: 'test-secret' }, { region: 'us-east-1', service: 's3' }, options)
    }
    const { user, system } = process.cpuUsage(before)
    return (user + system) / count
  }
  sign(50_000)
  table('Signing a request', ['', 'CPU per request'], [['libcloud', `${sign(200_000).toFixed(2)} µs`]])
}
