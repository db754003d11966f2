// ~/.aws/config and ~/.aws/credentials: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html

// Loaded when they are needed: most drivers are given a region, and read no file.
const fs = (): typeof import('node:fs') => process.getBuiltinModule('node:fs')
const os = (): typeof import('node:os') => process.getBuiltinModule('node:os')
const join = (folder: string, name: string): string => process.getBuiltinModule('node:path').join(folder, name)

export type Env = Readonly<Record<string, string | undefined>>
/** A section's settings; names are in lower case. */
export type Section = ReadonlyMap<string, string>

/** What the two files say. */
export interface SharedFiles {
  readonly profiles: ReadonlyMap<string, Section>
  /** The sections that say where single sign-on is. */
  readonly sessions: ReadonlyMap<string, Section>
  /** What is wrong with the files, without what they hold. */
  readonly problems: readonly string[]
}

/** The user's folder. */
export function homeFolder(env: Env): string {
  return env['HOME'] || env['USERPROFILE'] || os().homedir()
}

/** A path whose first part may stand for the user's folder. */
export function expanded(path: string, env: Env): string {
  return path === '~' || /^~[\\/]/.test(path) ? join(homeFolder(env), path.slice(1)) : path
}

/** The profile that is meant: that of the option, or of the environment. */
export function profileName(option: string | undefined, env: Env): string {
  return option || env['AWS_PROFILE'] || env['AWS_DEFAULT_PROFILE'] || 'default'
}

/** Both files. What stands in both is taken from the one for credentials. */
export function readSharedFiles(env: Env): SharedFiles {
  const problems: string[] = []
  const folder = join(homeFolder(env), '.aws')
  const config = readIni(expanded(env['AWS_CONFIG_FILE'] || join(folder, 'config'), env), problems)
  const own = readIni(expanded(env['AWS_SHARED_CREDENTIALS_FILE'] || join(folder, 'credentials'), env), problems)
  const profiles = new Map<string, Section>()
  const sessions = new Map<string, Section>()
  // `[profile default]` is stronger than `[default]`.
  const plain = config.get('default')
  if (plain) profiles.set('default', plain)
  for (const [header, section] of config) {
    const [, kind, name] = /^(profile|sso-session)\s+(.+)$/.exec(header) ?? []
    if (name !== undefined) (kind === 'profile' ? profiles : sessions).set(unquoted(name), section)
  }
  for (const [name, section] of own) profiles.set(name, new Map([...(profiles.get(name) ?? []), ...section]))
  return { profiles, sessions, problems }
}

/** The region of a profile, read while a driver is made. */
export function regionOfProfile(option: string | undefined, env: Env): string | undefined {
  return readSharedFiles(env).profiles.get(profileName(option, env))?.get('region') || undefined
}

function unquoted(name: string): string {
  const text = name.trim()
  return /^(["']).*\1$/.test(text) ? text.slice(1, -1) : text
}

function readIni(file: string, problems: string[]): ReadonlyMap<string, Section> {
  let text: string
  try {
    text = fs().readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as { code?: string }
    problems.push(code === 'ENOENT' ? `${file} does not exist` : `${file} cannot be read (${code})`)
    return new Map()
  }
  return parseIni(text, line => problems.push(`${file} has in line ${line} neither a section nor a setting`))
}

/** Sections and their settings. A line that is further in than the one before goes on with it. */
export function parseIni(text: string, onProblem: (line: number) => void): Map<string, Section> {
  const sections = new Map<string, Map<string, string>>()
  let section: Map<string, string> | undefined
  let setting: string | undefined
  let indent = 0
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (/^\s*([#;]|$)/.test(line)) continue
    const depth = line.search(/\S/)
    if (setting !== undefined && depth > indent) {
      section?.set(setting, `${section.get(setting)}\n${line.trim()}`)
      continue
    }
    indent = depth
    setting = undefined
    const header = /^\s*\[([^\]]+)\]/.exec(line)?.[1]?.trim()
    const [, name, value = ''] = /^\s*([^=:\s][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? []
    if (header !== undefined) {
      section = sections.get(header) ?? new Map()
      sections.set(header, section)
    } else if (name !== undefined && section !== undefined) {
      setting = name.toLowerCase()
      // A command may hold what elsewhere begins a comment.
      section.set(setting, setting === 'credential_process' ? value : value.replace(/\s[#;].*$/, '').trimEnd())
    } else onProblem(index + 1)
  }
  return sections
}
