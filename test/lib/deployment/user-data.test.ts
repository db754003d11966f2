import { inspect } from 'node:util'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { buildUserData, type UserDataSource } from '../../../lib/deployment/index.js'
import { InvalidRequestError } from '../../../lib/errors.js'

/** The parts of a MIME message, as a mail program reads them. */
function partsOf(message: string): { headers: Record<string, string>; body: string }[] {
  const boundary = /^Content-Type: multipart\/mixed; boundary="([^"]+)"\n/.exec(message)?.[1] as string
  const pieces = message.split(`--${boundary}`).slice(1, -1)
  return pieces.map(piece => {
    const [head = '', ...rest] = piece.slice(1).split('\n\n')
    const headers = Object.fromEntries(head.split('\n').map(line => line.split(': ') as [string, string]))
    const raw = rest.join('\n\n').replace(/\n$/, '')
    const body = headers['Content-Transfer-Encoding'] === 'base64' ? Buffer.from(raw, 'base64').toString() : raw
    return { headers, body }
  })
}
const messageOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidRequestError)
    return (error as Error).message
  }
  throw new Error('nothing was refused')
}

describe('buildUserData', () => {
  it('leaves one part as it is', () => {
    for (const text of [
      '#cloud-config\npackages: [nginx]\n',
      '#!/bin/sh\necho é\n',
      '#include\nhttps://example.com/a\n',
    ]) {
      const data = buildUserData(text)
      expect(data.toText()).toBe(text)
      expect(Buffer.from(data.toBase64(), 'base64').toString()).toBe(text)
      expect(data).toMatchObject({ gzipped: false, size: Buffer.byteLength(text) })
    }
  })

  it('writes settings as YAML that any reader of YAML reads back', () => {
    const value = fc.letrec(tie => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.string({ unit: 'grapheme' }),
        fc.integer(),
        fc.boolean(),
        tie('list'),
        tie('map'),
      ),
      list: fc.array(tie('any'), { maxLength: 4 }),
      map: fc.dictionary(
        fc.string({ minLength: 1 }).filter(key => key !== '__proto__' && key !== '<<'),
        tie('any'),
        { maxKeys: 4 },
      ),
    }))
    const settings = fc.dictionary(fc.constantFrom('runcmd', 'packages', 'users', 'bootcmd'), value.any)
    const check = (cloudConfig: Record<string, unknown>): void => {
      const text = buildUserData({ cloudConfig }).toText()
      expect(text.startsWith('#cloud-config\n')).toBe(true)
      expect(JSON.stringify(parse(text))).toBe(JSON.stringify(cloudConfig))
    }
    fc.assert(fc.property(settings, check), { seed: 8, numRuns: 200 })
  })

  it('joins several parts to a MIME message, each with its type, name and content', () => {
    const long = `#!/bin/sh\necho ${'x'.repeat(2000)}\n`
    const parts: UserDataSource[] = [
      { cloudConfig: { packages: ['nginx'] } },
      '#!/bin/sh\necho one\n',
      { content: long, filename: '10-long.sh', type: 'shellscript-per-boot' },
      { content: '#cloud-config\nhostname: héllo\n', mergeType: 'list(append)+dict(recurse_array)+str()' },
      '#cloud-boothook\n#!/bin/sh\necho early\n',
      '## template: jinja\n#cloud-config\nfqdn: {{ v1.local_hostname }}\n',
    ]
    const data = buildUserData(parts)
    const found = partsOf(data.toText())
    expect(found.map(part => part.headers['Content-Type']?.split(';')[0])).toEqual([
      'text/cloud-config',
      'text/x-shellscript',
      'text/x-shellscript-per-boot',
      'text/cloud-config',
      'text/cloud-boothook',
      'text/jinja2',
    ])
    expect(found[2]?.body).toBe(long)
    expect(found[2]?.headers['Content-Disposition']).toBe('attachment; filename="10-long.sh"')
    expect(found[1]?.headers['Content-Disposition']).toBe('attachment; filename="part-002"')
    expect(found[3]?.body).toContain('héllo')
    expect(found[3]?.headers['X-Merge-Type']).toBe('list(append)+dict(recurse_array)+str()')
    expect(buildUserData(parts).toText()).toBe(data.toText())
    expect(/^[\x20-\x7e\n]*$/.test(data.toText())).toBe(true)
  })

  it('compresses when told, or when it must', () => {
    const script = `#!/bin/sh\n${'echo hello\n'.repeat(5000)}`
    expect(buildUserData(script, { gzip: 'auto', maxBytes: 100_000 }).gzipped).toBe(false)
    const packed = buildUserData(script, { gzip: 'auto', maxBytes: 16_384 })
    expect(packed.gzipped).toBe(true)
    expect(gunzipSync(packed.toBytes()).toString()).toBe(script)
    expect(gunzipSync(buildUserData('#!/bin/sh\n', { gzip: true }).toBytes()).toString()).toBe('#!/bin/sh\n')
    expect(messageOf(() => packed.toText())).toMatch(/'options\.gzip' must be false where text is wanted/)
  })

  it('says what is too large, and by how much', () => {
    const script = `#!/bin/sh\n#${'x'.repeat(20_000)}\n`
    expect(messageOf(() => buildUserData(script, { maxBytes: 16_384 }))).toBe(
      "buildUserData: 'parts' must be at most 16384 bytes: it is 20012",
    )
    expect(messageOf(() => buildUserData(script, { maxBase64Length: 16_384 }))).toMatch(
      /characters of Base64: it is 26684/,
    )
    expect(messageOf(() => buildUserData(script, { gzip: true, maxBytes: 10 }))).toMatch(/it is \d+, compressed/)
    expect(buildUserData(script, { maxBase64Length: 26_684 }).size).toBe(20_012)
  })

  const bad: [string, UserDataSource, RegExp][] = [
    ['text that is none of them', 'packages: [nginx]', /'parts' must be text that begins with #cloud-config/],
    ['a space in the first line', '# cloud-config\n', /there it reads #cloud-config/],
    ['a byte order mark', '\ufeff#cloud-config\n', /byte order mark/],
    ['a line before', '\n#!/bin/sh\n', /spaces or lines before it/],
    ['a longer word', '#cloud-configuration\n', /must be text that begins with/],
    ['tabs', '#cloud-config\nruncmd:\n\t- ls\n', /not indented with tabs: line 3/],
    ['line ends of Windows', '#!/bin/sh\r\necho\r\n', /line ends of Unix/],
    ['a relative interpreter', '#!bash\n', /full path/],
    ['a type that it is not', { content: 'echo', type: 'shellscript' }, /begins with #!/],
    ['settings as a script', { content: {}, type: 'shellscript' }, /'cloud-config' for settings/],
    ['a hostile name', { content: '#!/bin/sh\n', filename: 'a"\nX: y' }, /'parts\.filename'/],
    ['a hostile merge type', { content: '#cloud-config\n', mergeType: 'x\ny' }, /'parts\.mergeType'/],
    ['an unknown type', { content: '#!/bin/sh\n', type: 'x' as never }, /'parts\.type'/],
    ['no URL', '#include\nnot a url\n', /a list of URLs/],
    ['NUL', '#!/bin/sh\n\0', /without NUL/],
    ['a list', [] as never, /one part or more/],
    ['nothing', undefined as never, /must be text/],
  ]
  it.each(bad)('refuses %s', (_, part, why) => {
    expect(messageOf(() => buildUserData(part))).toMatch(why)
  })

  it('names the part, and shows none when it is printed', () => {
    expect(messageOf(() => buildUserData(['#!/bin/sh\n', 'secret']))).toMatch(/'parts\[1\]'/)
    expect(inspect(buildUserData('#!/bin/sh\necho secret\n'), { depth: 9, showHidden: true })).not.toContain('secret')
    expect(buildUserData('#cloud-config\n{\n\t"packages": []\n}\n').size).toBeGreaterThan(0)
  })
})
