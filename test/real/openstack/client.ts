// Debian's own client, by which what the driver says is checked.
import { spawn } from 'node:child_process'
import type { CloudUser, RealCloud } from './server.js'

/** Runs commands of `openstack` in one process, and gives what each prints. */
export async function openstack(
  { authUrl, password, region }: RealCloud,
  user: CloudUser,
  commands: readonly (readonly string[])[],
): Promise<unknown[]> {
  const env = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    OS_AUTH_URL: authUrl,
    OS_USERNAME: user,
    OS_PASSWORD: password,
    OS_PROJECT_NAME: user,
    OS_USER_DOMAIN_ID: 'default',
    OS_PROJECT_DOMAIN_ID: 'default',
    OS_REGION_NAME: region,
    OS_IDENTITY_API_VERSION: '3',
    OS_COMPUTE_API_VERSION: '2.46',
    PYTHONWARNINGS: 'ignore',
  }
  const child = spawn('/usr/bin/openstack', [], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', chunk => (out += chunk))
  child.stderr.setEncoding('utf8').on('data', chunk => (err += chunk))
  child.stdin.end(commands.map(words => `${words.join(' ')} -f json\n`).join(''))
  await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject))
  const found = values(out)
  if (found.length !== commands.length) throw new Error(`${found.length} of ${commands.length} answers\n${out}\n${err}`)
  return found
}

/** The values in a text that has some after each other, with prompts between them. */
function values(text: string): unknown[] {
  const found: unknown[] = []
  let lines: string[] = []
  let end: string | undefined
  for (const line of text.split('\n')) {
    const start = /([[{])$/.exec(line.replace(/^\(openstack\) /g, '').trimEnd())
    if (end === undefined && start) {
      end = start[1] === '{' ? '}' : ']'
      lines = [start[1] as string]
    } else if (end !== undefined) {
      lines.push(line)
      if (line === end) {
        found.push(JSON.parse(lines.join('\n')))
        end = undefined
      }
    }
  }
  return found
}
