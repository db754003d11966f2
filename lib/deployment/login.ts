import type { AuthHandlerMiddleware, Client, ConnectConfig, ParsedKey } from 'ssh2'
import { InvalidRequestError } from '../errors.js'
import { readKey } from './private-key.js'
import type { SSHTarget } from './types.js'

type Ssh2 = typeof import('ssh2')
type Attempt = Record<string, unknown> & { readonly type: string }

/** Everything a login may try, in this order. Keys are read now, so that a bad one fails before anything is sent. */
export function attemptsOf(ssh2: Ssh2, target: SSHTarget, onError: (error: unknown) => void): Attempt[] {
  const { username, password, passphrase, privateKeys, onPrompt } = target
  const parseKey = ssh2.utils.parseKey as (data: string, passphrase?: string) => ParsedKey | ParsedKey[] | Error
  const attempts: Attempt[] = privateKeys.map((text, index) => {
    const argument = privateKeys.length === 1 ? 'privateKeys' : `privateKeys[${index}]`
    return { type: 'publickey', username, key: readKey(parseKey, text, passphrase, argument) }
  })
  const agent = agentOf(target)
  if (agent !== undefined) attempts.push({ type: 'agent', username, agent })
  if (password !== undefined) attempts.push({ type: 'password', username, password })
  if (password !== undefined || onPrompt) {
    attempts.push({ type: 'keyboard-interactive', username, prompt: prompter(target, onError) })
  }
  // Some machines let in whoever asks; others tell what they want.
  return attempts.length > 0 ? attempts : [{ type: 'none', username }]
}

function agentOf({ agent, password, privateKeys, onPrompt }: SSHTarget): string | undefined {
  if (typeof agent === 'string') return agent
  const socket = process.env['SSH_AUTH_SOCK'] || undefined
  if (agent === true && socket === undefined) {
    const allowed = 'the path of a socket, as SSH_AUTH_SOCK is not set'
    throw new InvalidRequestError(`'agent' must be ${allowed}`, { argument: 'agent', allowed })
  }
  // What somebody's agent holds is not shown to a machine for which other credentials were given.
  const wanted = agent ?? (privateKeys.length === 0 && password === undefined && !onPrompt)
  return wanted ? socket : undefined
}

type Answer = (answers: readonly string[]) => void
type Prompt = { prompt: string; echo?: boolean }

function prompter({ onPrompt, password }: SSHTarget, onError: (error: unknown) => void) {
  let answered = false
  return async (name: string, instructions: string, _language: string, prompts: Prompt[], answer: Answer) => {
    try {
      if (onPrompt) {
        const asked = prompts.map(({ prompt, echo }) => ({ prompt, echo: echo === true }))
        return answer(await onPrompt(asked, [name, instructions].filter(Boolean).join('\n')))
      }
      // The password is for the one hidden question, and is not said twice.
      const fits = !answered && prompts.length === 1 && prompts[0]?.echo !== true
      answered = true
      answer(prompts.map(() => (fits ? (password ?? '') : '')))
    } catch (error) {
      onError(error)
    }
  }
}

/** Hands out the attempts, each once, and those that the server does not take not at all. */
export function handOut(attempts: readonly Attempt[], tried: Set<string>): AuthHandlerMiddleware {
  const left = [...attempts]
  return ((methods: readonly string[] | null) => {
    for (let next = left.shift(); next; next = left.shift()) {
      const method = next.type === 'agent' ? 'publickey' : next.type
      if (methods && !methods.includes(method)) continue
      tried.add(next.type)
      return next
    }
    return false
  }) as unknown as AuthHandlerMiddleware
}

const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
}

/** The algorithms for host keys: of the preferred types first, of the excluded ones not at all. */
export function hostKeyAlgorithms(preferred: readonly string[], excluded: ReadonlySet<string>): string[] {
  const types = [...preferred.filter(type => type in FAMILIES), ...Object.keys(FAMILIES)]
  return [...new Set(types.filter(type => !excluded.has(type)))].flatMap(type => FAMILIES[type] ?? [])
}

/** The settings of a connection that do not depend on how its login goes. */
export function settings(target: SSHTarget, timeout: number): ConnectConfig {
  return {
    host: target.host,
    port: target.port,
    username: target.username,
    readyTimeout: timeout,
    keepaliveInterval: target.keepAliveInterval ?? 15_000,
    keepaliveCountMax: 3,
  }
}

/** Whatever listens or not, an error that comes after the end must not end the process. */
export function silence(client: Client): void {
  client.on('error', () => {})
}
