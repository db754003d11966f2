// Files of profiles, as people write them: the same ones for the same seed.

const SETTINGS = [
  'region',
  'aws_access_key_id',
  'AWS_Secret_Access_Key',
  'role_arn',
  'source_profile',
  'sso_session',
  'credential_process',
  'external_id',
  'duration_seconds',
]
const VALUES = [
  'eu-west-1',
  'AKIA/+=x',
  'a = b',
  'a:b',
  '"quoted"',
  "it's",
  'x y  z',
  '',
  'arn:aws:iam::1:role/x',
  'ü',
  String.raw`C:\tool\x.exe -a "b c"`,
  '100%',
  '%(x)s',
  '#x',
  'a#b;c',
]
const SEPARATORS = ['=', ' = ', ' =', '= ', ':', ' : ']
const NAMES = ['default', 'work', 'far away', 'a.b', 'x-y', 'profile', 'Work']

/** Numbers that look like chance, and are the same for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed >>> 0
  return sides => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

/** The texts of a pair of files. */
export function pairOfFiles(seed: number): { config: string; credentials: string } {
  const roll = dice(seed)
  const one = <T>(of: readonly T[]): T => of[roll(of.length)] as T
  const body = (most: number): string[] => {
    const lines: string[] = []
    const used = new Set<string>()
    for (let count = roll(most); count > 0; count--) {
      const kind = roll(20)
      if (kind < 2) lines.push(one(['# a = b', '; c', '  # further in', '']))
      else if (kind < 4) lines.push(`s3_${count} =`, '  max_concurrent_requests = 20', '  addressing_style = path')
      else if (kind < 5) lines.push(`long_${count} = one`, '  two')
      else {
        const name = one(SETTINGS)
        // Twice the same is an error to botocore.
        if (!used.has(name.toLowerCase())) lines.push(`${name}${one(SEPARATORS)}${one(VALUES)}${one(['', '', '  '])}`)
        used.add(name.toLowerCase())
      }
    }
    return lines
  }
  const sections = (header: (name: string) => string, most: number): string => {
    const seen = new Set<string>()
    const lines: string[] = []
    for (let count = roll(most); count > 0; count--) {
      const text = header(one(NAMES))
      const plain = text.replaceAll('"', '').replace(/ +/g, ' ').replace('profile default', 'default')
      if (!seen.has(plain)) lines.push(`[${text}]`, ...body(6))
      seen.add(plain)
    }
    return lines.join(one(['\n', '\r\n']))
  }
  const config = sections(name => {
    if (name === 'default') return one(['default', 'profile default'])
    return one([
      name.includes(' ') ? `profile "${name}"` : `profile ${name}`,
      `profile  "${name}"`,
      `sso-session "${name}"`,
    ])
  }, 6)
  return { config, credentials: sections(name => name, 4) }
}
