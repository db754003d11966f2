// Calls and transfers over HTTP, in CPU time of the client.
// Run: node --import ./test/tools/ts.mjs test/bench/http.ts (after a build), ONLY=<pattern of the works below> for some of it.

import { type Comparison, compare, startServer } from './harness.js'

const COMPARISONS: readonly Comparison[] = [
  {
    title: 'A list of 1,000 items in JSON (0.9 MB), parsed',
    work: 'list',
    subjects: ['undici', 'libcloud', 'pkgcloud'],
    units: 20,
    unit: 'list',
  },
  {
    title: 'A list of 1,000 DNS records in JSON (0.12 MB): parsed by undici, made into records by libcloud',
    work: 'records',
    subjects: ['undici', 'libcloud'],
    units: 150,
    unit: 'list',
  },
  {
    title: 'DescribeInstances of 1,000 instances in XML (4.5 MB): read as text by undici, made into nodes by libcloud',
    work: 'instances',
    subjects: ['undici-ec2', 'libcloud-ec2', 'aws-ec2'],
    units: 10,
    unit: 'list',
  },
  {
    title: 'Small calls, one after another',
    work: 'small',
    subjects: ['undici', 'undici-dump', 'libcloud', 'aws', 'pkgcloud'],
    units: 1000,
    unit: 'call',
  },
  {
    title: 'Small calls, 50 at once',
    work: 'small at once',
    subjects: ['undici', 'undici-dump', 'libcloud', 'aws', 'pkgcloud'],
    units: 2000,
    unit: 'call',
  },
  {
    title: 'getZone() against the same request and JSON.parse, one after another',
    work: 'zone',
    subjects: ['undici', 'libcloud'],
    units: 1000,
    unit: 'call',
  },
  {
    title: 'HEAD, one after another',
    work: 'head',
    subjects: ['undici', 'undici-dump', 'libcloud', 'aws'],
    units: 500,
    unit: 'call',
  },
  {
    title: 'HEAD, 50 at once',
    work: 'head at once',
    subjects: ['undici', 'undici-dump', 'libcloud', 'aws'],
    units: 1000,
    unit: 'call',
  },
  ...(
    [
      ['512 MiB down, length known', 'down'],
      ['512 MiB down, in chunks', 'downChunked'],
      ['512 MiB down, to a file', 'downFile'],
      ['512 MiB up, length known', 'up'],
      ['512 MiB up, length unknown (aws: Upload, in parts)', 'upChunked'],
      ['512 MiB up as storage drivers send it, counted and checked, against a plain stream', 'upSource'],
    ] as const
  ).map(([title, work]) => ({
    title,
    work,
    subjects: work === 'upSource' || work === 'downFile' ? ['undici', 'libcloud'] : ['undici', 'libcloud', 'aws'],
    units: 512,
    unit: 'MiB',
    rounds: 2,
    warmUp: 1,
    sessions: 5,
  })),
]

const { port, stop } = await startServer()
try {
  for (const comparison of COMPARISONS) await compare(port, comparison)
} finally {
  stop()
}
