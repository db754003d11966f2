import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether BIND's own checker is installed. Its absence is told, so that a run without it is not taken for a full one. */
export const hasNamed: boolean = (() => {
  const found = spawnSync('named-checkzone', ['-v']).status === 0
  if (!found) console.warn('named-checkzone is not installed: what BIND makes of exported zones is NOT tested')
  return found
})()

export interface Loaded {
  ok: boolean
  messages: string
  /** `name`, `ttl`, `type` and `data`, as BIND writes them. */
  records: { name: string; ttl: number; type: string; data: string }[]
}

/** Loads a zone file as the server would, without asking other servers, and gives what BIND understood. */
export function loadZone(domain: string, zone: string): Loaded {
  const folder = mkdtempSync(join(tmpdir(), 'libcloud-bind-'))
  try {
    const file = join(folder, 'zone')
    writeFileSync(file, zone)
    const run = spawnSync('named-checkzone', ['-i', 'local', '-D', '-o', '-', domain, file], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
    const lines = run.stdout.matchAll(/^(\S+)\s+(\d+)\s+IN\s+(\S+)\s+(.*)$/gm)
    const records = [...lines].map(([, name, ttl, type, data]) => ({
      name: name!,
      ttl: Number(ttl),
      type: type!,
      data: data!,
    }))
    return { ok: run.status === 0, messages: run.stderr, records }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
