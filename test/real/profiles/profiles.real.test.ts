// Profiles as this library reads them beside how botocore does, in files that SEED and COUNT choose.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { readSharedFiles, type Section } from '../../../drivers/aws/credentials.files.js'
import { botocorePython } from '../signature/peers.js'
import { pairOfFiles } from './files.js'

const SEED = Number(process.env['SEED'] ?? 20_260_131)
const COUNT = Number(process.env['COUNT'] ?? 1000)
const python = botocorePython()
if (python === undefined) console.warn('profiles: no Python with botocore (python3-botocore): not compared')

const folder = mkdtempSync(join(tmpdir(), 'libcloud-profiles-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Sections = Record<string, Record<string, unknown>>

async function botocoreReads(pairs: readonly (readonly [string, string])[]): Promise<[Sections, Sections][]> {
  const child = spawn(python ?? '', [fileURLToPath(new URL('profiles.py', import.meta.url))])
  const [output, errors] = [text(child.stdout), text(child.stderr)]
  child.stdin.on('error', () => {})
  child.stdin.end(pairs.map(pair => JSON.stringify(pair)).join('\n'))
  const [, ...read] = (await output).trim().split('\n')
  if (read.length !== pairs.length) throw new Error(`botocore: ${await errors}`)
  return read.map(line => JSON.parse(line))
}

/** Settings of settings are left out: botocore takes them apart, and credentials have none. */
function plain(sections: Sections): Sections {
  const flat = (section: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(section).filter(([, value]) => typeof value === 'string'))
  return Object.fromEntries(Object.entries(sections).map(([name, section]) => [name, flat(section)]))
}
const ours = (sections: ReadonlyMap<string, Section>, theirs: Sections): Sections =>
  Object.fromEntries(
    [...sections].map(([name, section]) => [
      name,
      Object.fromEntries([...section].filter(([setting]) => typeof theirs[name]?.[setting] !== 'object')),
    ]),
  )

describe(`AWS profiles of ${COUNT} pairs of files`, () => {
  it.skipIf(python === undefined)('are those of botocore', async () => {
    const pairs = Array.from({ length: COUNT }, (_, index) => {
      const { config, credentials } = pairOfFiles(SEED + index)
      const names = [join(folder, `config-${index}`), join(folder, `credentials-${index}`)] as const
      writeFileSync(names[0], config)
      writeFileSync(names[1], credentials)
      return names
    })
    let settings = 0
    for (const [index, [profiles, sessions]] of (await botocoreReads(pairs)).entries()) {
      const [config = '', credentials = ''] = pairs[index] ?? []
      const env = { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials, HOME: folder }
      const read = readSharedFiles(env)
      expect([config, ours(read.profiles, profiles)]).toEqual([config, plain(profiles)])
      expect([config, ours(read.sessions, sessions)]).toEqual([config, plain(sessions)])
      for (const section of Object.values(profiles)) settings += Object.keys(section).length
    }
    expect(settings).toBeGreaterThan(COUNT)
  })
})
