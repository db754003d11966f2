// Subjects side by side: each in a process of its own, taking turns round by round, compared by their medians.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** The Node that subjects run on: any that the library supports. */
export const NODE: string = process.env['BENCH_NODE'] ?? process.execPath
const ROUNDS = Number(process.env['ROUNDS'] ?? 11)
const SCALE = Number(process.env['SCALE'] ?? 1)
const ONLY = process.env['ONLY']

export interface Comparison {
  readonly title: string
  /** The worker's name for it. */
  readonly work: string
  /** Files in `subjects`; the others are compared with the first. */
  readonly subjects: readonly string[]
  /** Units of work in a round. */
  readonly units: number
  /** What a unit is. */
  readonly unit: string
  readonly rounds?: number
  /** How often all processes are started anew: sockets and processors fall into modes that last as long as they do. */
  readonly sessions?: number
  /** Rounds that are not counted. */
  readonly warmUp?: number
}

interface Round {
  readonly cpu: number
  readonly user: number
  readonly wall: number
  readonly peak: number
  readonly error?: string
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2
}

/** A table in Markdown. */
export function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map(row => row[at]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, at) => (at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  console.log(`\n### ${title}\n\n${[line(head), rule, ...rows.map(line)].join('\n')}`)
}

export async function startServer(): Promise<{ port: number; stop: () => void }> {
  const child = fork(new URL('server.ts', import.meta.url))
  const [port] = (await once(child, 'message')) as [number]
  return { port, stop: () => void child.disconnect() }
}

async function startWorker(subject: string, work: string, port: number): Promise<ChildProcess> {
  const child = fork(new URL('worker.mjs', import.meta.url), [subject, work, String(port)], {
    execPath: NODE,
    execArgv: ['--no-warnings'],
  })
  const [message] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown]
  if (message !== 'ready') throw new Error(`${subject} cannot do '${work}'`)
  return child
}

async function runRound(worker: ChildProcess, units: number): Promise<Round> {
  const answer = once(worker, 'message')
  worker.send(units)
  const [round] = (await answer) as [Round]
  if (round.error) throw new Error(round.error)
  return round
}

type Results = Map<string, Round[]>

/** Every subject in a process of its own, all at the same time, of which one works. */
async function session(port: number, comparison: Comparison, units: number, results: Results): Promise<void> {
  const { work, subjects, rounds = ROUNDS, warmUp = 3 } = comparison
  const workers = new Map<string, ChildProcess>()
  try {
    for (const subject of subjects) workers.set(subject, await startWorker(subject, work, port))
    for (let number = 0; number < warmUp + rounds; number++) {
      for (const [subject, worker] of workers) {
        const round = await runRound(worker, units)
        if (number >= warmUp) results.set(subject, [...(results.get(subject) ?? []), round])
      }
    }
  } finally {
    for (const worker of workers.values()) worker.disconnect()
  }
}

/** Runs one comparison and prints its table. */
export async function compare(port: number, comparison: Comparison): Promise<void> {
  const { title, work, subjects, unit, sessions = 1 } = comparison
  if (ONLY && !new RegExp(ONLY).test(work)) return
  const units = Math.max(1, Math.round(comparison.units * SCALE))
  const results: Results = new Map()
  for (let number = 0; number < sessions; number++) await session(port, comparison, units, results)
  const of = (subject: string, what: 'cpu' | 'user' | 'wall'): number =>
    median((results.get(subject) ?? []).map(round => round[what])) / units
  // Of each round by itself: what slows the machine for a while slows both.
  const ratio = (subject: string, what: 'cpu' | 'user'): string =>
    median(
      (results.get(subject) ?? []).map(
        (round, at) => round[what] / (results.get(subjects[0] ?? '')?.[at]?.[what] ?? 0),
      ),
    ).toFixed(2)
  const time = (milliseconds: number): string =>
    milliseconds < 1 ? `${(milliseconds * 1000).toFixed(1)} µs` : `${milliseconds.toFixed(2)} ms`
  const rows = subjects.map(subject => [
    subject,
    time(of(subject, 'cpu')),
    ratio(subject, 'cpu'),
    ratio(subject, 'user'),
    time(of(subject, 'wall')),
    `${(Math.max(...(results.get(subject) ?? []).map(round => round.peak)) / 1e6).toFixed()} MB`,
  ])
  table(title, ['', `CPU per ${unit}`, '÷ undici', 'user time ÷ undici', `wall per ${unit}`, 'peak memory'], rows)
}
