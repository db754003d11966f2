import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import type { RequestSpec } from '../../../lib/http/message.js'
import { Redactor } from '../../../lib/http/redact.js'
import { curlCommand, enableDebug } from '../../../lib/http/trace.js'
import { loopback, rig } from './rig.js'

const run = promisify(execFile)
const hasCurl = (() => {
  try {
    execFileSync('curl', ['--version'])
    return true
  } catch {
    console.warn('curl is not installed: its commands are printed but not run')
    return false
  }
})()

afterEach(() => enableDebug(undefined))

function collect(): { text: string } {
  const trace = { text: '' }
  enableDebug({
    write: chunk => {
      trace.text += chunk
      return true
    },
  })
  return trace
}

const CASES: readonly { name: string; spec: RequestSpec }[] = [
  {
    name: 'GET with an awkward path and query',
    spec: {
      path: "/v2/a%20b/it's/[x]{y}/%2e%2e",
      query: { q: "a b&c='d'", list: ['1', '2'], empty: '' },
    },
  },
  { name: 'HEAD', spec: { method: 'HEAD', path: '/v2/thing' } },
  {
    name: 'POST with JSON',
    spec: {
      method: 'POST',
      path: '/v2/things',
      json: { name: 'it\'s; $(true) `x` "quoted" \\ é漢字😀\nline' },
    },
  },
  {
    name: 'POST without a body',
    spec: { method: 'POST', path: '/v2/things/1/actions' },
  },
  {
    name: 'POST with a form',
    spec: {
      method: 'POST',
      path: '/',
      form: { Action: 'Describe', 'Filter.1': 'a b&c' },
    },
  },
  {
    name: 'PUT with bytes',
    spec: {
      method: 'PUT',
      path: '/object',
      body: Buffer.from([0, 1, 2, 255, 254, 39, 10, 64]),
      headers: { 'content-type': 'application/x-thing' },
    },
  },
  {
    name: 'PUT with text that curl would read as a file',
    spec: { method: 'PUT', path: '/object', body: '@/etc/passwd' },
  },
  {
    name: 'DELETE with headers',
    spec: {
      method: 'DELETE',
      path: '/v2/things/1',
      headers: { 'X-Note': "it's -d a 'note'", 'If-Match': '"abc"' },
    },
  },
  {
    name: 'PATCH',
    spec: {
      method: 'PATCH',
      path: '/v2/things/1',
      json: { size: 3 },
      headers: { 'content-type': 'application/merge-patch+json' },
    },
  },
]

describe('LIBCLOUD_DEBUG', () => {
  for (const { name, spec } of CASES) {
    it.skipIf(!hasCurl)(`prints a curl command that sends the same: ${name}`, async () => {
      await using server = await loopback((_request, response) => response.end('{}'))
      const trace = collect()
      await using driver = rig(server)
      await driver.connection.request(spec)
      const command = /^(?:printf .* \| )?curl .*(?:\n(?!# -).*)*/m.exec(trace.text)?.[0]
      expect(command).toBeDefined()
      await run('bash', ['-c', `${command} --silent --output /dev/null`])
      expect(server.requests).toHaveLength(2)
      const [ours, curls] = server.requests.map(({ method, url, headers, body }) => {
        const { connection: _, ...rest } = headers
        return { method, url, headers: rest, body }
      })
      expect(curls).toEqual(ours)
    })
  }

  it('prints the request, the reply and their ids in the format of the documentation', async () => {
    await using server = await loopback((_request, response) =>
      response.writeHead(200, { 'X-Request-Id': 'r-1' }).end('{"a":1}'),
    )
    const trace = collect()
    await using driver = rig(server)
    await driver.connection.request({ path: '/v2/account' })
    expect(trace.text).toMatch(
      /^# -------- begin (\d+) request ----------\ncurl -i .*-H 'X-Lc-Request-Id: \1'.*\n# -------- begin \1:(\d+) response ----------\nHTTP\/1\.1 200 OK\nX-Request-Id: r-1\n(?:.+\n)+\n\{"a":1\}\n# -------- end \1:\2 response ----------\n$/,
    )
    expect(server.requests[0]?.headers['x-lc-request-id']).toBe(/begin (\d+) request/.exec(trace.text)?.[1])
  })

  it('replaces credentials, tokens and passwords wherever they stand', async () => {
    const secrets = [
      'key-0123456789',
      'pa55word-of-root',
      'tok-abcdef',
      'sig-0000',
      'PRIVATE-PEM',
      'cookie-value',
      'xml-secret',
    ]
    await using server = await loopback((_request, response) => {
      response.setHeader('Set-Cookie', 'session=cookie-value')
      response.end(
        `{"admin_password":"pa55word-of-root","token":"tok-abcdef","private_key":"-----\\nPRIVATE-PEM\\"x","next_page_token":"page-2","echo":"key-0123456789","key_name":"mine","xml":"<a><SecretAccessKey>xml-secret</SecretAccessKey></a>"}`,
      )
    })
    const trace = collect()
    await using driver = rig(server, { key: 'key-0123456789' })
    await driver.connection.request({
      method: 'POST',
      path: '/login',
      query: { 'X-Amz-Signature': 'sig-0000', page: 2 },
      headers: { 'X-Auth-Token': 'tok-abcdef' },
      json: { password: 'pa55word-of-root', name: 'web-1' },
    })
    for (const secret of secrets) expect(trace.text).not.toContain(secret)
    for (const harmless of ['page-2', 'mine', 'web-1', 'page=2', '[redacted]']) expect(trace.text).toContain(harmless)
  })

  it('shows secrets only when told to by LIBCLOUD_DEBUG_UNREDACTED=1', async () => {
    await using server = await loopback((_request, response) => response.end('{}'))
    const trace = collect()
    await using driver = rig(server, { key: 'key-0123456789' })
    process.env['LIBCLOUD_DEBUG_UNREDACTED'] = '1'
    try {
      await driver.connection.request({ path: '/' })
    } finally {
      delete process.env['LIBCLOUD_DEBUG_UNREDACTED']
    }
    expect(trace.text).toContain('Bearer key-0123456789')
  })

  it('appends to a file that only its owner can read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'libcloud-trace-'))
    try {
      const file = join(folder, 'trace.log')
      await using server = await loopback((_request, response) => response.end('{}'))
      await using driver = rig(server)
      for (const path of ['/one', '/two']) {
        enableDebug(file)
        await driver.connection.request({ path })
      }
      expect(readFileSync(file, 'utf8')).toMatch(/\/one'[\s\S]*\/two'/)
      expect(statSync(file).mode & 0o777).toBe(0o600)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('indents replies on request, JSON and XML', async () => {
    const replies = ['{"a":[1]}', '<?xml version="1.0"?><a><b>text</b><c/></a>']
    await using server = await loopback((_request, response) => response.end(replies.shift()))
    const trace = collect()
    await using driver = rig(server)
    process.env['LIBCLOUD_DEBUG_PRETTY_PRINT_RESPONSE'] = '1'
    try {
      await driver.connection.request({ path: '/json' })
      await driver.connection.request({
        path: '/xml',
        read: body => body.toString(),
      })
    } finally {
      delete process.env['LIBCLOUD_DEBUG_PRETTY_PRINT_RESPONSE']
    }
    expect(trace.text).toContain('{\n  "a": [\n    1\n  ]\n}')
    expect(trace.text).toContain('<?xml version="1.0"?>\n<a>\n  <b>text</b>\n  <c/>\n</a>')
  })

  it('tells a failure, and does not wait for streams', async () => {
    await using server = await loopback((request, response) => {
      if (request.url === '/stream') response.end('bytes')
      else request.socket.destroy()
    })
    const trace = collect()
    await using driver = rig(server, { retry: false })
    await expect(driver.connection.request({ path: '/broken' })).rejects.toMatchObject({ code: 'CONNECTION' })
    const { body } = await driver.connection.stream({ path: '/stream' })
    for await (const _chunk of body);
    expect(trace.text).toMatch(/begin \d+:\d+ failure -+\n# .*\n# -------- end/)
    expect(trace.text).toMatch(/GET .*\/stream'[\s\S]*# body: a stream\n# -------- end/)
  })
})

it('a command line quotes whatever stands in it', () => {
  const request = {
    id: '1',
    method: 'GET',
    url: "http://h/it's",
    headers: { host: 'h', 'x-a': "'; rm -rf '" },
    body: undefined,
  }
  expect(curlCommand(request, new Redactor())).toContain(`-H 'X-A: '\\''; rm -rf '\\'''`)
})

it('DEBUG=libcloud:* prints a line for each request, without query or secret', async () => {
  await using server = await loopback((_request, response) => response.end('{}'))
  const program = `
    const { RigDriver } = await import(${JSON.stringify(new URL('./rig.ts', import.meta.url).pathname)})
    const driver = new RigDriver({ port: ${server.port}, key: 'secret-key' })
    await driver.connection.request({ path: '/v2/account', query: { token: 'secret-too' } })
    await driver.close()`
  const hook = new URL('../../tools/ts.mjs', import.meta.url).pathname
  const { stderr } = await run(process.execPath, ['--import', hook, '--input-type=module', '--eval', program], {
    env: { ...process.env, DEBUG: 'libcloud:*', DEBUG_COLORS: '0' },
  })
  expect(stderr).toMatch(/libcloud:rig request GET \/v2\/account 200 \d+ ms/)
  expect(stderr).not.toContain('secret')
})
