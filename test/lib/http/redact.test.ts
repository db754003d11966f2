import { describe, expect, it } from 'vitest'
import { isSecretHeader, Redactor } from '../../../lib/http/redact.js'
import { isSecretName } from '../../../lib/http/secret-names.js'
import { curlCommand } from '../../../lib/http/trace.js'

const nothing = new Redactor()
const AWKWARD = 'S3cr&t<p+ss w/ö"x\''

describe('redaction of known secrets', () => {
  const redactor = new Redactor(['abcd', 'abcd-EFGHIJKL', AWKWARD, 'plainsecretvalue'])
  const base64 = Buffer.from(AWKWARD).toString('base64')
  const forms: Record<string, string> = {
    plain: AWKWARD,
    'in a path': encodeURIComponent(AWKWARD),
    'in a path, in small letters': encodeURIComponent(AWKWARD).replace(/%../g, code => code.toLowerCase()),
    'in a form': new URLSearchParams({ a: AWKWARD }).toString().slice(2),
    'in JSON': JSON.stringify(AWKWARD).slice(1, -1),
    'in JSON with escaped slashes': JSON.stringify(AWKWARD).slice(1, -1).replaceAll('/', '\\/'),
    'in JSON of ASCII': JSON.stringify(AWKWARD).slice(1, -1).replace('ö', '\\u00f6'),
    'in an element': 'S3cr&amp;t&lt;p+ss w/ö"x\'',
    'in an attribute': 'S3cr&amp;t&lt;p+ss w/ö&quot;x&apos;',
    'in Base64': base64,
    'in Base64 for URLs': Buffer.from(AWKWARD).toString('base64url'),
  }
  for (const [where, form] of Object.entries(forms)) {
    it(`hides one ${where}`, () => expect(redactor.values(`<${form}>`)).toMatch(/^<\[redacted\]=*>$/))
  }
  it('hides one that begins like another', () => expect(redactor.values('abcd-EFGHIJKL')).toBe('[redacted]'))
  it('hides one that stands within other text in Base64', () => {
    for (const user of ['u', 'us', 'use', 'user']) {
      const text = Buffer.from(`${user}:plainsecretvalue!`).toString('base64')
      const shown = redactor.values(text)
      expect(shown).toContain('[redacted]')
      expect(shown.replace('[redacted]', '').length).toBeLessThan(14)
    }
  })
})

describe('redaction by name', () => {
  const bodies: readonly string[] = [
    '{"password":"HIDDEN"}',
    '{"adminPass": "HIDDEN", "a": 1}',
    '{"credentials":{"user":"u","value":"HIDDEN"}}',
    '{"secrets":[{"a":["x"]},{"b":"HIDDEN"}]}',
    '{"tokens":["a]b","HIDDEN"]}',
    '{"password":12345678}',
    '{"password":"HIDDEN',
    '{"value":"{\\"password\\":\\"HIDDEN\\"}"}',
    '{"ssh":"-----BEGIN RSA PRIVATE KEY-----\\nHIDDEN\\n-----END RSA PRIVATE KEY-----\\n"}',
    '{"ssh":"-----BEGIN PRIVATE KEY-----\\nHIDDEN',
    '-----BEGIN OPENSSH PRIVATE KEY-----\nHIDDEN\nHIDDEN\n-----END OPENSSH PRIVATE KEY-----\n',
    '<keyMaterial>HIDDEN</keyMaterial>',
    '<Password><![CDATA[HIDDEN]]></Password>',
    '<Credentials><Value>HIDDEN</Value></Credentials>',
    '<a:SecretKey x="1">HIDDEN</a:SecretKey>',
    '<Password>HIDDEN',
    '<user name="x" password="HIDDEN"/>',
    "<user password = 'HIDDEN' name='x'>y</user>",
    '{"url":"https://u:HIDDEN@host/x"}',
    '{"url":"https:\\/\\/u:HIDDEN@host\\/x"}',
    '{"url":"https://host/x?X-Amz-Signature=HIDDEN&X-Amz-Expires=5"}',
    '{"url":"https://host/x?a=1\\u0026sig=HIDDEN\\u0026b=2"}',
    '<u>https://host/x?a=1&amp;Signature=HIDDEN&amp;b=2</u>',
  ]
  for (const body of bodies) {
    it(`hides ${body.replaceAll('\n', ' ')}`, () => {
      expect(nothing.body(body)).toContain('[redacted]')
      expect(nothing.body(body)).not.toMatch(/HIDDEN|12345678/)
    })
  }
  it('leaves JSON and XML what they are', () => {
    const shown = nothing.body('{"a":1,"password":{"x":[1,"}"]},"b":[{"token":7}],"id":"x"}')
    expect(JSON.parse(shown)).toEqual({ a: 1, password: '[redacted]', b: [{ token: '[redacted]' }], id: 'x' })
    expect(nothing.body('<r><Password>p</Password><Id>1</Id></r>')).toBe(
      '<r><Password>[redacted]</Password><Id>1</Id></r>',
    )
  })
  it('leaves alone whether there is one', () => {
    const body = '{"password":true,"token":null,"secrets":[],"key_name":"k"}'
    expect(nothing.body(body)).toBe(body)
  })
  it('hides user and password of an address, also with an @ in it', () => {
    expect(nothing.url('http://u:p@HIDDEN@h/?a=b')).toBe('http://[redacted]@h/?a=b')
  })
  it('hides signatures in the addresses of headers', () => {
    expect(nothing.header('location', 'https://h/x?a=1&X-Amz-Signature=HIDDEN')).toBe(
      'https://h/x?a=1&X-Amz-Signature=[redacted]',
    )
  })
  it('ends for hostile bodies, whose time would grow with the square of their length', () => {
    for (const unit of ['"', '"\\', '<a ', '{"password":[', '?a', 'http://', '<password>', '\\"a\\":\\"'])
      nothing.body(unit.repeat(200_000))
  })
})

describe('names', () => {
  const secret =
    'Authorization Proxy-Authorization Cookie Set-Cookie X-Api-Key X-Auth-Token PRIVATE-TOKEN X-Auth-Key X-Vault-Token ' +
    'X-Amz-Security-Token X-Amz-Server-Side-Encryption-Customer-Key X-Goog-Encryption-Key X-Account-Meta-Temp-URL-Key-2 ' +
    'vmware-api-session-id Ocp-Apim-Subscription-Key X-Storage-Pass X-Auth X-Access-Token-V2 X-Passwd password2 ' +
    'SecretAccessKey SecretString passwordData client-key-data user_data kubeconfig adminPass rootpass id_rsa pass'
  const harmless =
    'Idempotency-Key X-Amz-Client-Token Etag X-Request-Id WWW-Authenticate X-Amz-Meta-Author ' +
    'X-Amz-Server-Side-Encryption-Customer-Key-Md5 assigned_to design signal signed_at bypass_mode passive compass ' +
    'token_type tokenizer next_page_token nextToken continuation-token syncToken password_updated_at passwordPolicy ' +
    'secret_name secretArn key_fingerprint public_key ssh_keys access_key_id token_id key_name KeyName max_tokens name id'
  it('knows secrets', () => expect(secret.split(' ').filter(name => !isSecretHeader(name))).toEqual([]))
  it('knows what a trace cannot do without', () => expect(harmless.split(' ').filter(isSecretName)).toEqual([]))
})

describe('a curl command', () => {
  it('hides secrets in bodies of bytes too, and leaves other bytes as they are', () => {
    const command = (body: Uint8Array): string => {
      const request = { id: '1', method: 'PUT', url: 'https://h/', headers: {}, body }
      return curlCommand(request, new Redactor(['plainsecretvalue']))
    }
    const bytesOf = (text: string): Buffer => Buffer.from(/printf %s '([^']*)'/.exec(text)?.[1] ?? '', 'base64')
    expect(bytesOf(command(Buffer.from('<Password>p</Password>plainsecretvalue'))).toString()).toBe(
      '<Password>[redacted]</Password>[redacted]',
    )
    const bytes = Buffer.from([0, 255, 254, 60, 1])
    expect(bytesOf(command(bytes))).toEqual(bytes)
  })
})
