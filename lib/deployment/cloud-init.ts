import { MalformedResponseError } from '../errors.js'
import type { CallOptions } from '../options.js'
import { shellQuote } from './quote.js'
import type { RunOptions, SSHClient } from './types.js'

/** What became of cloud-init. `'degraded'`: done, with errors that it got over. `'absent'`: the machine has none. */
export type CloudInitState =
  | 'done'
  | 'degraded'
  | 'error'
  | 'running'
  | 'disabled'
  | 'not started'
  | 'absent'
  | 'unknown'

/** One stage of a boot, by the machine's own clock. */
export interface CloudInitStage {
  /** `'init-local'`, `'init'`, `'modules-config'` or `'modules-final'`. */
  readonly name: string
  readonly start: Date | undefined
  readonly finished: Date | undefined
  /** How long it took; `undefined` when it has not ended. */
  readonly seconds: number | undefined
  readonly errors: readonly string[]
}
/** What cloud-init says of itself. */
export interface CloudInitStatus {
  readonly state: CloudInitState
  /** In its own word. */
  readonly status: string
  /** Where it found its data, such as `'DataSourceLXD'`. */
  readonly datasource: string | undefined
  readonly version: string | undefined
  /** What failed. */
  readonly errors: readonly string[]
  /** What it got over, by severity: from version 23.4 on. */
  readonly recoverableErrors: Readonly<Record<string, readonly string[]>>
  /** In the order of the boot. */
  readonly stages: readonly CloudInitStage[]
  /** From the first stage's beginning to the last one's end; `undefined` before that. */
  readonly seconds: number | undefined
}

/** How to wait for cloud-init. `timeout` (600000 by default) bounds it. */
export interface CloudInitOptions extends CallOptions {
  /** `false` tells what is, and waits for nothing. @defaultValue true */
  wait?: boolean | undefined
  /** Runs it through sudo: some images let only root read its state. @defaultValue false */
  sudo?: RunOptions['sudo']
}

/** Marks between the parts of what the script prints. */
const MARK = '-- libcloud --'

/** Versions before 22.2 know no JSON; what the stages did stands in a file in every one. */
const script = (wait: string): string =>
  `sh -c ${shellQuote(`
command -v cloud-init >/dev/null 2>&1 || { echo absent; exit 0; }
said=$(cloud-init status ${wait} --format json 2>/dev/null)
case $said in
  *\\{*) ;;
  *) said=$(cloud-init status ${wait} --long 2>/dev/null) ;;
esac
printf '%s\\n%s\\n' "$said" '${MARK}'
cat /run/cloud-init/status.json 2>/dev/null || cat /var/lib/cloud/data/status.json 2>/dev/null
printf '\\n%s\\n' '${MARK}'
cloud-init --version 2>&1`)}`

/**
 * Waits until cloud-init has done its work, and tells how it went, by what the machine itself says. A machine where it failed
 * is a result, not an error.
 *
 * @throws TimeoutError when it is not done in time.
 * @throws ConnectionError when the machine restarts meanwhile, as its configuration may have it do.
 * @see https://cloudinit.readthedocs.io/en/latest/howto/status.html
 * @example
 * ```ts
 * const { state, errors, seconds } = await waitForCloudInit(client)
 * ```
 */
export async function waitForCloudInit(
  client: Pick<SSHClient, 'run'>,
  options: CloudInitOptions = {},
): Promise<CloudInitStatus> {
  const { wait = true, sudo, timeout = 600_000, ...rest } = options
  const { stdout } = await client.run(script(wait ? '--wait' : ''), { ...rest, timeout, sudo })
  return readCloudInit(stdout)
}

const ABSENT: CloudInitStatus = {
  state: 'absent',
  status: 'absent',
  datasource: undefined,
  version: undefined,
  errors: [],
  recoverableErrors: {},
  stages: [],
  seconds: undefined,
}

/** What the script printed. */
export function readCloudInit(stdout: string): CloudInitStatus {
  if (stdout.trim() === 'absent') return ABSENT
  const [said = '', stagesText = '', versionText = ''] = stdout.split(MARK)
  const told = said.includes('{') ? fromJson(said) : fromText(said)
  const stages = stagesOf(stagesText)
  const stageErrors = stages.flatMap(({ errors }) => errors)
  const errors = [...new Set([...told.errors, ...stageErrors])]
  const [start, finished] = [stages[0]?.start, stages.at(-1)?.finished]
  const done = told.status !== 'running' && start && finished
  return {
    ...told,
    // Before 23.4 an error of a stage, and its recovery, left no other trace.
    errors,
    stages,
    version: /(\d+\.\d[^\s]*)/.exec(versionText)?.[1],
    seconds: done ? (finished.getTime() - start.getTime()) / 1000 : undefined,
  }
}

type Told = Pick<CloudInitStatus, 'state' | 'status' | 'datasource' | 'errors' | 'recoverableErrors'>

function fromJson(said: string): Told {
  let json: Record<string, unknown>
  try {
    // While it waits, it may print dots in front.
    json = JSON.parse(said.slice(said.indexOf('{'))) as Record<string, unknown>
  } catch (cause) {
    throw new MalformedResponseError('cloud-init printed a status that is no JSON', {
      body: said.slice(0, 2000),
      cause,
    })
  }
  const { status, extended_status: extended, datasource, detail, errors, recoverable_errors: recovered } = json
  const recoverableErrors = Object.fromEntries(
    Object.entries((recovered ?? {}) as Record<string, unknown>).map(([level, texts]) => [level, textsOf(texts)]),
  )
  const word = typeof extended === 'string' ? extended : String(status)
  // Its class is in every version; the short name is not.
  const from =
    datasourceOf(String(detail ?? '')) ?? (typeof datasource === 'string' ? datasource || undefined : undefined)
  return { state: stateOf(word), status: word, datasource: from, errors: textsOf(errors), recoverableErrors }
}

function fromText(said: string): Told {
  const status = /^\.*\s*status: *(.*)$/m.exec(said)?.[1]?.trim() ?? ''
  const errors = /^errors:[ \t]*\n((?:[ \t]*- .*\n?)+)/m.exec(said)?.[1] ?? ''
  const list = errors
    .split('\n')
    .map(line => line.replace(/^\s*- /, '').trim())
    .filter(Boolean)
  return { state: stateOf(status), status, datasource: datasourceOf(said), errors: list, recoverableErrors: {} }
}

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const datasourceOf = (text: string): string | undefined => /\bDataSource\w+/.exec(text)?.[0]

function stateOf(word: string): CloudInitState {
  if (/^degraded/.test(word)) return word.includes('running') ? 'running' : 'degraded'
  if (/^error/.test(word)) return 'error'
  if (word === 'done' || word === 'running' || word === 'disabled') return word
  return word === 'not run' || word === 'not started' ? 'not started' : 'unknown'
}

const STAGES = ['init-local', 'init', 'modules-config', 'modules-final']

/** The stages as its own file has them: Unix times, with fractions. */
function stagesOf(text: string): CloudInitStage[] {
  let v1: Record<string, { start?: unknown; finished?: unknown; errors?: unknown }>
  try {
    v1 = (JSON.parse(text) as { v1?: typeof v1 }).v1 ?? {}
  } catch {
    return []
  }
  const at = (value: unknown): Date | undefined =>
    typeof value === 'number' && value > 0 ? new Date(value * 1000) : undefined
  return STAGES.flatMap(name => {
    const stage = v1[name]
    if (!stage) return []
    const [start, finished] = [at(stage.start), at(stage.finished)]
    const seconds = start && finished ? (finished.getTime() - start.getTime()) / 1000 : undefined
    return [{ name, start, finished, seconds, errors: textsOf(stage.errors) }]
  })
}
