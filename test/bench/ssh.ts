// 512 MiB over SFTP on loopback, by this library and by OpenSSH's own client: the client's CPU, the time, the memory.
// Run, as root on Debian or Ubuntu: node --import ./test/tools/ts.mjs test/bench/ssh.ts (after a build)
// ROUNDS=<n> MIB=<n>

import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { open, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Sshd } from '../real/ssh/server.js'
import { median, NODE, table } from './harness.js'

const ROUNDS = Number(process.env['ROUNDS'] ?? 7)
const MIB = Number(process.env['MIB'] ?? 512)
const SUBJECTS = ['sftp', 'sftp, aes128-gcm', 'libcloud'] as const
const WORKS = ['put', 'get'] as const
type Subject = (typeof SUBJECTS)[number]
type Work = (typeof WORKS)[number]
interface Cost {
  readonly cpu: number
  readonly wall: number
  readonly memory: number | undefined
  /** Of the transfer alone, where the subject tells it. */
  readonly own: number
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** The shell counts what a program and those that it started cost: sftp has ssh do the work. */
function timed(words: readonly string[], input: string): Cost {
  const script = `TIMEFORMAT='%U %S %R'; { time ${words.map(quote).join(' ')} 2>/dev/null; } 2>&1`
  const said = execFileSync('bash', ['-c', script], { input, encoding: 'utf8' }).trim().split('\n')
  const [user = 0, system = 0, wall = 0] = (said.at(-1) ?? '').split(' ').map(Number)
  const [kibibytes = 0, own = user + system] = (/^\d+ [\d.]+$/.exec(said.at(-2) ?? '')?.[0].split(' ') ?? []).map(
    Number,
  )
  return { cpu: user + system, own, wall, memory: kibibytes > 0 ? (kibibytes * 1024) / 1e6 : undefined }
}

async function main(sshd: Sshd): Promise<void> {
  await sshd.makeKey('bench', '-t', 'ed25519')
  const [key, local, back] = ['bench', 'local', 'back'].map(name => join(sshd.folder, name)) as [string, string, string]
  const file = await open(local, 'w')
  for (let done = 0; done < MIB; done++) await file.write(randomBytes(1_048_576))
  await file.close()
  writeFileSync(back, '')
  const login = [
    '-q',
    '-P',
    String(sshd.port),
    '-i',
    key,
    '-oStrictHostKeyChecking=no',
    '-oUserKnownHostsFile=/dev/null',
  ]
  const worker = fileURLToPath(new URL('subjects/sftp.mjs', import.meta.url))
  const run = (subject: Subject, work: Work): Cost => {
    const here = work === 'put' ? local : back
    if (subject === 'libcloud')
      return timed([NODE, '--no-warnings', worker, work, String(sshd.port), sshd.user, key, here, 'large'], '')
    const cipher = subject === 'sftp' ? [] : ['-c', 'aes128-gcm@openssh.com']
    const order = work === 'put' ? `put ${here} large\n` : `get large ${here}\n`
    return timed(['sftp', ...login, ...cipher, '-b', '-', `${sshd.user}@127.0.0.1`], order)
  }
  const costs = new Map<string, Cost[]>()
  for (let round = 0; round < ROUNDS + 1; round++) {
    for (const subject of SUBJECTS) {
      for (const work of WORKS) {
        await truncate(back, 0)
        const cost = run(subject, work)
        const all = costs.get(`${subject} ${work}`) ?? []
        // The first round fills the caches of files.
        costs.set(`${subject} ${work}`, round === 0 ? [] : [...all, cost])
      }
    }
  }
  const all = (subject: Subject, work: Work): readonly Cost[] => costs.get(`${subject} ${work}`) ?? []
  const of = (subject: Subject, work: Work, what: 'cpu' | 'own' | 'wall'): number =>
    median(all(subject, work).map(cost => cost[what]))
  const ratio = (subject: Subject, work: Work, what: 'cpu' | 'own' | 'wall'): string =>
    median(all(subject, work).map((cost, at) => cost[what] / (all('sftp', work)[at]?.[what] ?? 0))).toFixed(2)
  const rows = WORKS.flatMap(work =>
    SUBJECTS.map(subject => [
      `${work}, ${subject}`,
      `${of(subject, work, 'cpu').toFixed(2)} s`,
      ratio(subject, work, 'cpu'),
      ratio(subject, work, 'own'),
      `${of(subject, work, 'wall').toFixed(2)} s`,
      ratio(subject, work, 'wall'),
      subject === 'libcloud' ? `${Math.max(...all(subject, work).map(cost => cost.memory ?? 0)).toFixed()} MB` : '',
    ]),
  )
  const head = ['', 'CPU', '÷ sftp', 'transfer ÷ sftp', 'wall', '÷ sftp', 'peak memory']
  table(`SFTP, ${MIB} MiB: whole processes, and the transfer alone (medians of ${ROUNDS} rounds)`, head, rows)
}

const sshd = await Sshd.start()
try {
  await main(sshd)
} finally {
  await sshd.stop()
}
