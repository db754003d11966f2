// What it costs to import a library and construct a client, in CPU time above that of an empty process.
// Run: node --import ./test/tools/ts.mjs test/bench/start.ts

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { median, NODE, table } from './harness.js'

const ROUNDS = Number(process.env['START_ROUNDS'] ?? 31)
const SUBJECTS = {
  empty: 'an empty process',
  'libcloud-compute': "import 'libcloud/compute', getDriver, construct",
  'libcloud-dns': "import 'libcloud/dns', getDriver, construct",
  'libcloud-ec2': 'getDriver(Provider.EC2), construct',
  undici: "import 'undici'",
  aws: "import '@aws-sdk/client-s3', construct",
  'aws-ec2': "import '@aws-sdk/client-ec2', construct",
  pkgcloud: "require('pkgcloud'), createClient",
} as const
type Subject = keyof typeof SUBJECTS

const path = (name: string): string => fileURLToPath(new URL(`start/${name}.mjs`, import.meta.url))

function run(subject: Subject): { cpu: number; memory: number } {
  const began = ['--no-warnings', '--import', new URL('start/report.mjs', import.meta.url).href, path(subject)]
  const { status, stdout, stderr } = spawnSync(NODE, began, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${subject}: ${stderr}`)
  const [cpu = '', memory = ''] = stdout.trim().split('\n').at(-1)?.split(' ') ?? []
  return { cpu: Number(cpu) / 1000, memory: (Number(memory) * 1024) / 1e6 }
}

const subjects = Object.keys(SUBJECTS) as Subject[]
const results = Object.fromEntries(subjects.map(subject => [subject, [] as ReturnType<typeof run>[]]))
for (let round = 0; round < ROUNDS + 2; round++) {
  for (const subject of subjects) {
    const result = run(subject)
    // The first rounds fill the caches of files.
    if (round >= 2) results[subject]?.push(result)
  }
}
const of = (subject: Subject, what: 'cpu' | 'memory'): number =>
  median((results[subject] ?? []).map(result => result[what]))
const rows = subjects.map(subject => [
  SUBJECTS[subject],
  `${of(subject, 'cpu').toFixed(1)} ms`,
  `${(of(subject, 'cpu') - of('empty', 'cpu')).toFixed(1)} ms`,
  `${of(subject, 'memory').toFixed()} MB`,
])
table(`Import and construction (medians of ${ROUNDS} processes)`, ['', 'CPU', 'above empty', 'memory'], rows)
