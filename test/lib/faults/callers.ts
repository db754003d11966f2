// The ways in which drivers ask, and what they are told when it goes wrong.

import type { LibcloudError } from '../../../lib/errors.js'
import { readXml, xml } from '../../../lib/http/xml.js'
import { type CallOptions, type DriverOptions, OPERATION } from '../../../lib/options.js'
import { RigDriver } from '../http/rig.js'

const Shape = xml.object({ a: xml.number })

/** The ways to ask. */
export type Caller = 'json' | 'xml' | 'create' | 'stream'

/** What a good server answers. */
export const GOOD: Readonly<Record<Caller, string>> = {
  json: '{"a":1}',
  create: '{"a":1}',
  xml: '<r><a>1</a></r>',
  stream: 'abcdefgh',
}

/** Asks in one of the ways, as a driver's method called `listThings` does. */
export async function ask(driver: RigDriver, caller: Caller, given: CallOptions = {}): Promise<unknown> {
  const options: CallOptions & { [OPERATION]: string } = { ...given, [OPERATION]: 'listThings' }
  const { connection } = driver
  const path = `/${caller}`
  if (caller === 'json') return (await connection.request({ path }, options)).body
  if (caller === 'create') return (await connection.request({ method: 'POST', path, json: { b: 2 } }, options)).body
  if (caller === 'xml') return (await connection.request({ path, read: body => readXml(body, Shape) }, options)).body
  const { body } = await connection.stream({ path }, options)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > 4 * 1024 * 1024) break
  }
  return Buffer.concat(chunks)
}

/** What a caller gets, in the words of the tables: an error's class, and what it says, or the value. */
export function told(error: unknown): string {
  const { name, status, retryable } = error as LibcloudError
  const parts = [status === undefined ? name : `${name} ${status}`]
  if (retryable) parts.push('retryable')
  if ((error as { mayHaveHappened?: boolean }).mayHaveHappened) parts.push('may have happened')
  return parts.join(', ')
}

/** A driver for a port on loopback. */
export function driverFor(port: number, options: DriverOptions = {}): RigDriver {
  return new RigDriver({
    port,
    proxy: false,
    retry: { retries: 1, minTimeout: 1, maxTimeout: 1 },
    attemptTimeout: 15_000,
    ...options,
  })
}
