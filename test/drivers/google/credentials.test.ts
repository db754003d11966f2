import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GoogleDNSDriver, type GoogleOptions } from '../../../drivers/google/dns.js'
import { enableDebug } from '../../../lib/http/trace.js'
import { CLIENT_SECRET, EMAIL, type Issuer, keyPair, REFRESH_TOKEN, startIssuer } from './issuer.js'

let issuer: Issuer
let folder: string
let trace: string

beforeEach(async () => {
  issuer = await startIssuer()
  folder = mkdtempSync(join(tmpdir(), 'google-'))
  trace = ''
  for (const name of Object.keys(process.env))
    if (/^(GOOGLE|CLOUDSDK|GCLOUD|GCE|AWS)_/.test(name)) vi.stubEnv(name, undefined)
  vi.stubEnv('CLOUDSDK_CONFIG', folder)
  vi.stubEnv('NO_GCE_CHECK', 'true')
  enableDebug({
    write: text => {
      trace += text
      return true
    },
  })
})
afterEach(async () => {
  enableDebug(undefined)
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
  await issuer[Symbol.asyncDispose]()
})

const quick = { retries: 2, minTimeout: 1, maxTimeout: 2 }
const make = (options: GoogleOptions = {}): GoogleDNSDriver =>
  new GoogleDNSDriver({ host: '127.0.0.1', port: issuer.port, secure: false, proxy: false, retry: quick, ...options })

const save = (name: string, content: unknown): string => {
  const file = join(folder, name)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  return file
}
const robot = (more: object = {}): object => ({
  type: 'service_account',
  project_id: 'my-project',
  private_key_id: 'key-1',
  private_key: issuer.privateKey,
  client_email: EMAIL,
  token_uri: `${issuer.origin}/token`,
  ...more,
})
const federated = (source: object, more: object = {}): object => ({
  type: 'external_account',
  audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: `${issuer.origin}/token`,
  quota_project_id: 'quota-project',
  credential_source: source,
  ...more,
})
const impersonating = (): object => ({
  service_account_impersonation_url: `${issuer.origin}/v1/projects/-/serviceAccounts/${EMAIL}:generateAccessToken`,
})
const failure = async (call: PromiseLike<unknown>): Promise<Error & { code?: string; providerCode?: string }> =>
  Promise.resolve(call).then(
    () => expect.unreachable('it resolved'),
    error => error,
  )
/** Nothing of what must not be seen stands in a text. */
function expectPrivate(text: string): void {
  expect(text).not.toMatch(/not-in-logs|token-of-another-issuer|imds-session/)
  expect(text).not.toContain(issuer.privateKey.split('\n')[3])
  for (const { body } of issuer.asked) {
    const assertion = new URLSearchParams(body).get('assertion')
    if (assertion) expect(text).not.toContain(assertion.split('.')[2])
  }
}

describe('a service account', () => {
  it('is known by the path of its file, with the project that stands there', async () => {
    await make({ key: save('key.json', robot()) }).listZones()
    expect(issuer.asked.map(({ url }) => url)).toEqual(['/token', '/dns/v1/projects/my-project/managedZones'])
    expectPrivate(trace)
    expect(trace).toContain('grant_type')
  })

  it('is known by the text of its file, in one line or in many', async () => {
    await make({ key: JSON.stringify(robot(), null, 2) }).listZones()
    await make({ key: JSON.stringify(robot()) }).listZones()
    expect(issuer.given).toHaveLength(2)
    expectPrivate(trace)
  })

  it('is known by its address and its private key', async () => {
    Object.assign(issuer, { audience: 'https://oauth2.googleapis.com/token' })
    const { dispatcher } = issuer
    await make({ key: EMAIL, secret: issuer.privateKey, project: 'my-project', dispatcher }).listZones()
    expect(issuer.asked[0]?.headers.host).toBe('oauth2.googleapis.com')
    expectPrivate(trace)
  })

  it('is found by GOOGLE_APPLICATION_CREDENTIALS, unless something is given', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', save('key.json', robot({ project_id: 'of-the-environment' })))
    vi.stubEnv('CLOUDSDK_AUTH_ACCESS_TOKEN', '')
    await make().listZones()
    await make({ key: save('own.json', robot()) }).listZones()
    const projects = issuer.asked.filter(({ url }) => url !== '/token').map(({ url }) => url.split('/')[4])
    expect(projects).toEqual(['of-the-environment', 'my-project'])
  })

  it('gets one token for many calls at once', async () => {
    const driver = make({ key: save('key.json', robot()) })
    await Promise.all(Array.from({ length: 20 }, () => driver.listZones()))
    expect(issuer.count('/token')).toBe(1)
    expect(issuer.count('/dns/')).toBe(20)
  })

  it('gets a new token when the old one has ended', async () => {
    const driver = make({ key: save('key.json', robot()) })
    await driver.listZones()
    await driver.listZones()
    expect(issuer.count('/token')).toBe(1)
    const later = Date.now() + 3_500_000
    const clock = vi.spyOn(Date, 'now').mockReturnValue(later)
    try {
      await driver.listZones()
    } finally {
      clock.mockRestore()
    }
    expect(issuer.count('/token')).toBe(2)
  })

  it('gets one new token when the old one is refused to many calls at once', async () => {
    const driver = make({ key: save('key.json', robot()) })
    await driver.listZones()
    issuer.good.clear()
    await Promise.all(Array.from({ length: 10 }, () => driver.listZones()))
    expect(issuer.count('/token')).toBe(2)
    expectPrivate(trace)
  })

  it('is refused once, and told why, when each of its tokens is', async () => {
    const driver = make({ key: save('key.json', robot()) })
    issuer.good.add = () => issuer.good
    const error = await failure(driver.listZones())
    expect(error).toMatchObject({ code: 'INVALID_CREDENTIALS', status: 401, providerCode: 'authError' })
    expect(issuer.count('/dns/')).toBe(2)
    expectPrivate(inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error))
  })

  it('lets a caller go whose signal fires, and serves the others', async () => {
    const controller = new AbortController()
    let goOn = (): void => {}
    issuer.before = () =>
      new Promise(resolve => {
        goOn = resolve
        controller.abort(new Error('enough'))
      })
    const driver = make({ key: save('key.json', robot()) })
    const impatient = failure(driver.listZones({ signal: controller.signal }))
    const patient = driver.listZones()
    patient.catch(() => {})
    expect((await impatient).message).toBe('enough')
    goOn()
    await patient
    expect(issuer.count('/token')).toBe(1)
  })

  it('does not let a caller go down with another who waits for the project', async () => {
    vi.stubEnv('GCE_METADATA_HOST', `127.0.0.1:${issuer.port}`)
    const controller = new AbortController()
    const driver = make()
    const impatient = failure(driver.listZones({ signal: controller.signal }))
    const patient = driver.listZones()
    controller.abort(new Error('enough'))
    expect((await impatient).message).toBe('enough')
    expect(await patient).toEqual([])
  })

  it.each([
    ['another key', () => robot({ private_key: keyPair().privateKey }), 'invalid_grant'],
    ['another address', () => robot({ client_email: 'nobody@my-project.iam.gserviceaccount.com' }), 'invalid_grant'],
  ])('with %s is refused with the reason', async (_, content, reason) => {
    const error = await failure(make({ key: save('key.json', content()) }).listZones())
    expect(error).toMatchObject({ code: 'INVALID_CREDENTIALS', providerCode: reason, operation: 'listZones' })
    expectPrivate(trace + inspect(error, { depth: 9, showHidden: true }))
  })

  it('asks for the scopes that are given', async () => {
    const error = await failure(
      make({ key: save('key.json', robot()), scopes: ['https://example.com/other'] }).listZones(),
    )
    expect(error).toMatchObject({ code: 'INVALID_CREDENTIALS', providerCode: 'invalid_scope' })
  })
})

describe('what gcloud has kept', () => {
  const user = (more: object = {}): object => ({
    type: 'authorized_user',
    client_id: 'client-1',
    client_secret: CLIENT_SECRET,
    refresh_token: REFRESH_TOKEN,
    token_uri: `${issuer.origin}/token`,
    quota_project_id: 'quota-project',
    ...more,
  })

  it('is a user, whose requests are counted for a project', async () => {
    save('application_default_credentials.json', user())
    await make().listZones()
    expect(issuer.asked[1]).toMatchObject({
      url: '/dns/v1/projects/quota-project/managedZones',
      headers: { 'x-goog-user-project': 'quota-project' },
    })
    expectPrivate(trace)
  })

  it('is a user who may act as a service account', async () => {
    const content = { type: 'impersonated_service_account', source_credentials: user(), ...impersonating() }
    save('application_default_credentials.json', content)
    await make({ project: 'my-project' }).listZones()
    expect(issuer.given).toHaveLength(2)
    expect(issuer.asked.at(-1)?.headers.authorization).toBe(`Bearer ${issuer.given[1]}`)
    expectPrivate(trace)
  })

  it('is of no use when the user has withdrawn it', async () => {
    save('application_default_credentials.json', user({ refresh_token: 'withdrawn' }))
    const error = await failure(make({ project: 'my-project' }).listZones())
    expect(error).toMatchObject({ code: 'INVALID_CREDENTIALS', providerCode: 'invalid_grant' })
    expect(error.message).toContain('expired or revoked')
  })
})

describe("another issuer's token", () => {
  const list = async (content: object): Promise<void> => {
    await make({ key: save('federated.json', content), project: 'my-project' }).listZones()
    expectPrivate(trace)
  }

  it('lies in a file', async () => {
    await list(federated({ file: save('token', 'token-of-another-issuer\n') }))
    expect(issuer.asked.at(-1)?.headers['x-goog-user-project']).toBe('quota-project')
  })

  it('lies in JSON behind an address', async () => {
    const format = { type: 'json', subject_token_field_name: 'token' }
    await list(federated({ url: `${issuer.origin}/subject`, headers: { 'x-own': '1' }, format }))
    expect(issuer.asked[0]).toMatchObject({ url: '/subject', headers: { 'x-own': '1' } })
  })

  it('lies in text behind an address', async () => {
    await list(federated({ url: `${issuer.origin}/subject.txt` }))
  })

  it('is given by a program, where programs may', async () => {
    const reply = { version: 1, success: true, token_type: 'jwt', id_token: 'token-of-another-issuer' }
    const program = save('program.mjs', `console.log(${JSON.stringify(JSON.stringify(reply))})`)
    const content = federated({ executable: { command: `"${process.execPath}" "${program}"` } })
    const error = await failure(list(content))
    expect(error.message).toContain('GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES')
    vi.stubEnv('GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES', '1')
    await list(content)
  })

  it('is a request that a machine of AWS has signed', async () => {
    const source = {
      environment_id: 'aws1',
      region_url: `${issuer.origin}/latest/meta-data/placement/availability-zone`,
      url: `${issuer.origin}/latest/meta-data/iam/security-credentials`,
      imdsv2_session_token_url: `${issuer.origin}/latest/api/token`,
      regional_cred_verification_url: 'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15',
    }
    const kind = { subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request' }
    await list(federated(source, { ...kind, ...impersonating() }))
    expect(issuer.asked[0]?.method).toBe('PUT')
    expect(issuer.asked[1]?.headers['x-aws-ec2-metadata-token']).toBe('imds-session')
  })

  it('stands for a service account', async () => {
    await list(federated({ file: save('token', 'token-of-another-issuer') }, impersonating()))
    expect(issuer.asked.at(-1)?.headers.authorization).toBe(`Bearer ${issuer.given[1]}`)
  })

  it.each([
    ['that is unknown', { file: 'strange' }, /subject token is not known/],
    ['in a file that is not there', { file: '/nowhere/token' }, /credential_source.file cannot be read \(ENOENT\)/],
    ['in no known place', { file: undefined }, /credential_source has none of/],
  ])('%s is refused', async (_, source, message) => {
    const own = source.file === 'strange' ? { file: save('token', 'strange') } : source
    const error = await failure(list(federated(own)))
    expect(error).toMatchObject({ code: 'INVALID_CREDENTIALS' })
    expect(error.message).toMatch(message)
  })
})

describe('the metadata server', () => {
  it('gives token and project', async () => {
    vi.stubEnv('GCE_METADATA_HOST', `127.0.0.1:${issuer.port}`)
    await make().listZones()
    expect(issuer.asked.at(-1)?.url).toBe('/dns/v1/projects/metadata-project/managedZones')
    expectPrivate(trace)
  })
})

describe('a token that is given', () => {
  it('is used as it is, and nothing else is asked for', async () => {
    issuer.good.add('given-not-in-logs')
    await make({ accessToken: 'given-not-in-logs', project: 'my-project' }).listZones()
    expect(issuer.asked).toHaveLength(1)
    expectPrivate(trace)
    issuer.good.clear()
    const error = await failure(make({ accessToken: 'given-not-in-logs', project: 'my-project' }).listZones())
    expect(error).toMatchObject({ code: 'INVALID_CREDENTIALS', status: 401 })
    expect(issuer.asked).toHaveLength(2)
  })

  it('needs a project beside it', async () => {
    const error = await failure(make({ accessToken: 'given-not-in-logs' }).listZones())
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', argument: 'project' })
    expect(issuer.asked).toHaveLength(0)
  })
})

describe('what is no key', () => {
  const list = (options: GoogleOptions): Promise<Error & { code?: string }> => failure(make(options).listZones())

  it('is named with all places that were looked at', async () => {
    const error = await list({})
    expect(error).toMatchObject({ code: 'INVALID_CREDENTIALS', provider: 'google' })
    expect(error.message).toMatch(
      /GOOGLE_APPLICATION_CREDENTIALS.*application_default_credentials\.json.*metadata server/,
    )
  })

  it.each<[string, (save: (content: unknown) => string) => GoogleOptions, RegExp]>([
    ['a file that is not there', () => ({ key: '/nowhere/key.json' }), /cannot be read \(ENOENT\)/],
    ['an address without a key', () => ({ key: EMAIL }), /'secret', its private key, is not given/],
    ['a key without an address', () => ({ secret: '-----BEGIN' }), /'secret' is given without/],
    ['text that is no JSON', keep => ({ key: keep('password-not-in-logs') }), /is not JSON of credentials/],
    ['another JSON', keep => ({ key: keep({ installed: {} }) }), /type of the credentials must be service_account/],
    ['a file without a key', keep => ({ key: keep({ ...robot(), private_key: '' }) }), /have no private_key/],
    ['a broken key', keep => ({ key: keep({ ...robot(), private_key: 'xnot-in-logs' }) }), /not one in PEM/],
    [
      'a strange issuer',
      keep => ({ key: keep({ ...robot(), token_uri: 'file:///etc' }) }),
      /an address in it is not one/,
    ],
  ])('%s', async (_, options, message) => {
    const error = await list({ project: 'my-project', ...options(content => save('key.json', content)) })
    expect(error).toMatchObject({ code: 'INVALID_CREDENTIALS', provider: 'google' })
    expect(error.message).toMatch(message)
    expectPrivate(inspect(error, { depth: 9, showHidden: true }))
    expect(issuer.count('/dns/')).toBe(0)
  })

  it.each([
    ['project', 'My Project'],
    ['zone', 'europe west'],
    ['region', 'EU'],
    ['scopes', ['two words']],
  ])('%s that cannot be one', (option, value) => {
    expect(() => make({ [option]: value })).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', argument: option }),
    )
  })
})
