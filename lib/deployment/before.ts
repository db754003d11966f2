import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { NodeDriver } from '../compute/driver.js'
import { type CreateNodeFeature, NodeAuthPassword, NodeAuthSSHKey } from '../compute/types.js'
import { InvalidRequestError } from '../errors.js'
import type { CallOptions } from '../options.js'
import type { Deployment, DeployNodeOptions } from './types.js'

/** What is known to be wrong is said before a machine is made, and paid for. */
export interface Before {
  readonly steps: readonly Deployment[]
  readonly privateKeys: readonly string[]
  /** How the node is told to let us in. */
  readonly auth: unknown
}

interface Given extends DeployNodeOptions {
  readonly auth?: unknown
}

/** Checks all that can be known without a node. @throws InvalidRequestError */
export async function checkBefore(driver: NodeDriver, given: Given, options: CallOptions): Promise<Before> {
  const refuse = refuser(driver, 'deployNode')
  const steps = stepsOf(given, refuse)
  const privateKeys = await readKeys(given, refuse)
  const auth = authOf(driver, given, privateKeys.length > 0, refuse)
  for (const step of steps) await step.prepare?.(options)
  return { steps, privateKeys, auth }
}

type Refuse = (argument: string, allowed: string, why?: string, cause?: unknown) => InvalidRequestError

function refuser({ provider }: NodeDriver, operation: string): Refuse {
  return (argument, allowed, why = '', cause = undefined) => {
    const details = { provider, operation, argument, allowed, ...(cause === undefined ? {} : { cause }) }
    return new InvalidRequestError(`${operation}: '${argument}' must be ${allowed}${why}`, details)
  }
}

function stepsOf({ deploy }: Given, refuse: Refuse): readonly Deployment[] {
  const steps: readonly Deployment[] = Array.isArray(deploy) ? deploy : [deploy as Deployment]
  for (const [index, step] of steps.entries()) {
    if (typeof step?.run !== 'function') throw refuse(`node.deploy[${index}]`, 'a Deployment: an object with run()')
  }
  return steps
}

async function readKeys({ sshKey, sshKeyFile, sshKeyPassphrase }: Given, refuse: Refuse): Promise<string[]> {
  const files = sshKeyFile === undefined ? [] : typeof sshKeyFile === 'string' ? [sshKeyFile] : sshKeyFile
  const { checkKey } = await import('./connect.js')
  const keys: string[] = []
  if (sshKey !== undefined) {
    const why = await checkKey(sshKey, sshKeyPassphrase)
    if (why !== undefined) throw refuse('node.sshKey', 'a private key that can be used', `: ${why}`)
    keys.push(sshKey)
  }
  for (const file of files) {
    const key = await readFile(file, 'utf8').catch(cause => {
      const why = (cause as NodeJS.ErrnoException).code === 'EISDIR' ? ' is a folder' : ' cannot be read'
      throw refuse('node.sshKeyFile', 'the path of a readable file', `: ${file}${why}`, cause)
    })
    const why = await checkKey(key, sshKeyPassphrase)
    if (why !== undefined)
      throw refuse('node.sshKeyFile', 'a file with a private key that can be used', `: ${file}: ${why}`)
    keys.push(key)
  }
  return keys
}

/**
 * How the node is told to let us in. Where nothing was given, the provider makes a password, or gets a new one to set.
 */
function authOf(driver: NodeDriver, given: Given, hasKey: boolean, refuse: Refuse): unknown {
  const can = driver.features.createNode
  const { auth, sshPassword, connectSsh } = given
  const needs = (feature: CreateNodeFeature, what: string): void => {
    if (can.includes(feature)) return
    const others = can.length > 0 ? `, where this provider offers ${can.join(', ')}` : ''
    throw refuse('node.auth', `absent${others}`, `: createNode of ${driver.provider} cannot ${what}`)
  }
  if (auth instanceof NodeAuthSSHKey) needs('sshKey', 'put a key on the node')
  if (auth instanceof NodeAuthPassword) needs('password', 'set a password')
  if (auth !== undefined || hasKey || sshPassword !== undefined || connectSsh) return auth
  if (can.includes('generatedPassword')) return auth
  if (can.includes('password')) return new NodeAuthPassword(randomBytes(18).toString('base64url'), true)
  const ways = 'sshKey, sshKeyFile, sshPassword or connectSsh'
  throw refuse('node.sshKey', `given, or another way to log in: ${ways}`)
}
