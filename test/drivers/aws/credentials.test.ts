import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ApplicationLBDriver } from '../../../drivers/aws/alb.js'
import { RenewedCredentials } from '../../../drivers/aws/credentials.js'
import { containerUrl } from '../../../drivers/aws/credentials.metadata.js'
import { splitCommand } from '../../../drivers/aws/credentials.process.js'
import { EBSBackupDriver } from '../../../drivers/aws/ebs.js'
import { EC2NodeDriver } from '../../../drivers/aws/ec2.js'
import { EucNodeDriver } from '../../../drivers/aws/ec2.vendors.gen.js'
import { ElasticLBDriver } from '../../../drivers/aws/elb.js'
import { Route53DNSDriver } from '../../../drivers/aws/route53.js'
import { S3StorageDriver } from '../../../drivers/aws/s3.js'
import type { AwsCredentials } from '../../../drivers/aws/signature.js'
import { InvalidCredentialsError } from '../../../lib/errors.js'
import { enableDebug } from '../../../lib/http/trace.js'
import { loadContract, type Violation } from '../../conformance/contract.js'
import { parseFixture } from '../../conformance/fixture.js'
import { type Arrived, isSigned, type Machine, Probe, type Said, startMachine } from './machine.js'

const fixtures = join(import.meta.dirname, '../../../fixtures')

let machine: Machine
beforeEach(async () => {
  machine = await startMachine()
})
afterEach(() => machine.close())

const ROLE = 'arn:aws:iam::123456789012:role/reader'
const END = '2099-01-01T00:00:00Z'
const found = async (options: object = {}): Promise<AwsCredentials> => new Probe(options).connection.credentials()
const refused = async (options: object = {}): Promise<InvalidCredentialsError> => {
  const error = await found(options).then(
    () => undefined,
    (caught: unknown) => caught,
  )
  expect(error).toBeInstanceOf(InvalidCredentialsError)
  return error as InvalidCredentialsError
}
const formOf = ({ body }: Arrived): Record<string, string> => Object.fromEntries(new URLSearchParams(body))
// What the service's description says of the requests, and the answers that it gives.
const contract = loadContract(readFileSync(join(fixtures, 'contracts/aws.json'), 'utf8'))
const sts = (action: string, name: string): Said => {
  const file = join(fixtures, `aws/sts/${action}.http`)
  const [exchange] = parseFixture(readFileSync(file, 'utf8'), file).exchanges
  const body = String(exchange?.response.body)
    .replace('ASIAEXAMPLEEXAMPLE00', `ASIAEXAMPLE00000${name}`)
    .replace('not-a-secret', `secret-of-${name}`)
    .replace('not-a-token', `token-of-${name}`)
  return { headers: { 'content-type': 'text/xml' }, body }
}
const violations = ({ method, target, headers, body }: Arrived, said: Said): Violation[] =>
  contract.check({
    request: { method, path: target, headers: { ...headers, host: 'sts.us-east-1.amazonaws.com' }, body },
    response: { status: 200, headers: said.headers ?? {}, body: String(said.body) },
  })
const asJson = (name: string, more: object = {}): Said => ({
  body: {
    AccessKeyId: `ASIA${name}`,
    SecretAccessKey: `secret-of-${name}`,
    Token: `token-of-${name}`,
    Expiration: END,
    ...more,
  },
})
const temporary = (name: string, key = `ASIA${name}`): object => ({
  key,
  secret: `secret-of-${name}`,
  sessionToken: `token-of-${name}`,
  expiration: new Date(END),
})
const assumed = (name: string): object => temporary(name, `ASIAEXAMPLE00000${name}`)

describe('AWS credentials: options and environment', () => {
  it('takes a key of one’s own without the token of the environment', async () => {
    machine.env({ AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 'env', AWS_SESSION_TOKEN: 'env-token' })
    expect(await found({ key: 'AKIAOWN', secret: 'own' })).toEqual({ key: 'AKIAOWN', secret: 'own' })
    expect(await found()).toEqual({ key: 'AKIAENV', secret: 'env', sessionToken: 'env-token' })
  })

  it('does not mix half of a pair with the other half of another', async () => {
    machine.env({ AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 'env-secret' })
    expect(() => new Probe({ key: 'AKIAOWN' })).toThrow(/'secret' is missing beside 'key'/)
    expect(() => new Probe({ secret: 'own-secret' })).toThrow(/'key' is missing beside 'secret'/)
    expect(() => new Probe({ key: '', secret: 'x' })).toThrow(/'key' is empty/)
    machine.env({ AWS_SECRET_ACCESS_KEY: '' })
    expect(() => new Probe()).toThrow(/'secret' is missing beside 'key'/)
  })

  it('prefers a profile of one’s own to the environment, and the environment to its own profile', async () => {
    machine.write('.aws/credentials', '[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = work\n')
    machine.env({ AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 'env', AWS_PROFILE: 'work' })
    expect(await found()).toMatchObject({ key: 'AKIAENV' })
    expect(await found({ profile: 'work' })).toMatchObject({ key: 'AKIAWORK' })
  })

  it('holds for every driver of AWS', async () => {
    machine.write('.aws/config', '[default]\nregion = eu-north-1\n')
    machine.env({ AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 'env', AWS_SESSION_TOKEN: 'env-token' })
    const classes = [
      EC2NodeDriver,
      EBSBackupDriver,
      S3StorageDriver,
      Route53DNSDriver,
      ElasticLBDriver,
      ApplicationLBDriver,
    ]
    for (const Driver of classes) {
      const driver = new Driver({ key: 'AKIAOWN', secret: 'own' })
      expect(driver.region).toBe('eu-north-1')
      expect(await driver.connection.credentials()).toEqual({ key: 'AKIAOWN', secret: 'own' })
      expect(await new Driver().connection.credentials()).toMatchObject({ key: 'AKIAENV', sessionToken: 'env-token' })
    }
  })

  it('sends nothing that is for AWS to others who speak as it does', async () => {
    machine.env({ AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 'env', AWS_SESSION_TOKEN: 'env-token' })
    expect(() => new EucNodeDriver({ host: 'euca.example' })).toThrow(/no EUCALYPTUS_ACCESS_KEY_ID/)
    expect(() => new EucNodeDriver({ host: 'euca.example', key: 'k' })).toThrow(/no EUCALYPTUS_SECRET_ACCESS_KEY/)
    machine.env({ EUCALYPTUS_ACCESS_KEY_ID: 'AKIAEUCA', EUCALYPTUS_SECRET_ACCESS_KEY: 'euca' })
    const euca = new EucNodeDriver({ host: 'euca.example' })
    expect(await euca.connection.credentials()).toEqual({ key: 'AKIAEUCA', secret: 'euca' })
    machine.env({ AWS_PROFILE: 'work' })
    expect(await new EucNodeDriver({ host: 'euca.example', key: 'k', secret: 's' }).connection.credentials()).toEqual({
      key: 'k',
      secret: 's',
    })
  })

  it('takes the region of option, environment and profile, in this order', () => {
    machine.write('.aws/config', '[default]\nregion = eu-north-1\n[profile work]\nregion = cn-north-1 # far\n')
    expect(new Probe().region).toBe('eu-north-1')
    expect(new Probe({ profile: 'work' }).region).toBe('cn-north-1')
    machine.env({ AWS_PROFILE: 'work' })
    expect(new Probe().region).toBe('cn-north-1')
    machine.env({ AWS_DEFAULT_REGION: 'us-west-2' })
    expect(new Probe().region).toBe('us-west-2')
    machine.env({ AWS_REGION: 'us-west-1' })
    expect(new Probe().region).toBe('us-west-1')
    expect(new Probe({ region: 'sa-east-1' }).region).toBe('sa-east-1')
  })

  it('names every place when there are none', async () => {
    const { message, provider } = await refused()
    expect(provider).toBe('probe')
    for (const place of [
      "options 'key' and 'secret'",
      'AWS_ACCESS_KEY_ID',
      'AWS_WEB_IDENTITY_TOKEN_FILE',
      `${machine.home}/.aws/config does not exist`,
      `${machine.home}/.aws/credentials does not exist`,
      "no profile 'default'",
      'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
      'AWS_EC2_METADATA_DISABLED',
    ]) {
      expect(message).toContain(place)
    }
  })

  it('signs requests with what was found, and shows it nowhere', async () => {
    machine.write('.aws/credentials', '[default]\naws_access_key_id=AKIAFILE\naws_secret_access_key=file-secret\n')
    machine.serve(() => ({ status: 400, body: '<Error><Code>Bad</Code><Message>file-secret</Message></Error>' }))
    const { hostname: host, port } = new URL(machine.url)
    const driver = new Probe({ host, port: Number(port), secure: false, region: 'eu-west-1' })
    const error = await driver.connection.request({ path: '/' }).catch((caught: Error) => caught)
    expect(String(error)).not.toContain('file-secret')
    expect(isSigned(machine.requests[0] as Arrived, 'file-secret', 'eu-west-1', 'probe')).toBe(true)
  })
})

describe('AWS credentials: roles', () => {
  it('takes a role with the token of a web identity, anew from its file', async () => {
    const file = machine.write('token', 'eyJhbGciOi.first\n')
    machine.env({
      AWS_WEB_IDENTITY_TOKEN_FILE: file,
      AWS_ROLE_ARN: ROLE,
      AWS_ROLE_SESSION_NAME: 'pod',
      AWS_ENDPOINT_URL_STS: machine.url,
    })
    machine.serve(() => sts('AssumeRoleWithWebIdentity', 'WEB'))
    let trace = ''
    const write = (text: string): boolean => {
      trace += text
      return true
    }
    enableDebug({ write })
    const driver = new Probe()
    const credentials = await driver.connection.credentials()
    enableDebug(undefined)
    expect(credentials).toEqual(assumed('WEB'))
    expect(formOf(machine.requests[0] as Arrived)).toEqual({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: ROLE,
      RoleSessionName: 'pod',
      WebIdentityToken: 'eyJhbGciOi.first',
    })
    expect(machine.requests[0]?.headers.authorization).toBeUndefined()
    const said = sts('AssumeRoleWithWebIdentity', 'WEB')
    expect(violations(machine.requests[0] as Arrived, said)).toEqual([])
    expect(trace).toContain('AssumeRoleWithWebIdentity')
    for (const secret of ['eyJhbGciOi', 'secret-of-WEB', 'token-of-WEB']) expect(trace).not.toContain(secret)
    machine.write('token', 'eyJhbGciOi.second')
    expect(await found()).toEqual(assumed('WEB'))
    expect(formOf(machine.requests[1] as Arrived)['WebIdentityToken']).toBe('eyJhbGciOi.second')
  })

  it('does not go on to other places when a web identity fails', async () => {
    machine.write('.aws/credentials', '[default]\naws_access_key_id=AKIAFILE\naws_secret_access_key=file-secret\n')
    machine.env({ AWS_WEB_IDENTITY_TOKEN_FILE: join(machine.home, 'none') })
    expect((await refused()).message).toMatch(/but no AWS_ROLE_ARN/)
    machine.env({ AWS_ROLE_ARN: ROLE, AWS_ENDPOINT_URL_STS: machine.url })
    expect((await refused()).message).toMatch(/token file .*none cannot be read \(ENOENT\)/)
    machine.write('none', 'eyJhbGciOi.secret')
    const body =
      '<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>no eyJhbGciOi.secret</Message></Error></ErrorResponse>'
    machine.serve(() => ({ status: 400, body }))
    const { message } = await refused()
    expect(message).toContain('InvalidIdentityToken')
    expect(message).not.toContain('eyJhbGciOi')
  })

  it('walks a chain of roles, each with the credentials before it', async () => {
    machine.write('.aws/credentials', '[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = base-secret\n')
    machine.write(
      '.aws/config',
      `[profile "far away"]
role_arn = arn:aws:iam::2:role/far
source_profile = near
region = eu-west-3
duration_seconds = 900
role_session_name = me
[profile near]
role_arn = arn:aws:iam::1:role/near
source_profile = base
external_id = x/1+2
`,
    )
    machine.env({ AWS_ENDPOINT_URL_STS: machine.url })
    machine.serve(request => sts('AssumeRole', formOf(request)['RoleArn']?.endsWith('near') ? 'NEAR' : 'FAR'))
    expect(await found({ profile: 'far away' })).toEqual(assumed('FAR'))
    const [near, far] = machine.requests as [Arrived, Arrived]
    for (const request of [near, far]) expect(violations(request, sts('AssumeRole', 'NEAR'))).toEqual([])
    expect(formOf(near)).toMatchObject({ RoleArn: 'arn:aws:iam::1:role/near', ExternalId: 'x/1+2' })
    expect(isSigned(near, 'base-secret', 'eu-west-3', 'sts')).toBe(true)
    expect(formOf(far)).toMatchObject({
      RoleArn: 'arn:aws:iam::2:role/far',
      DurationSeconds: '900',
      RoleSessionName: 'me',
    })
    expect(isSigned(far, 'secret-of-NEAR', 'eu-west-3', 'sts')).toBe(true)
    expect(far.headers['x-amz-security-token']).toBe('token-of-NEAR')
  })

  it('asks once for any number of calls', async () => {
    machine.write(
      '.aws/config',
      `[default]\nrole_arn = ${ROLE}\nsource_profile = default\naws_access_key_id = AKIA\naws_secret_access_key = secret-1\n`,
    )
    machine.env({ AWS_ENDPOINT_URL_STS: machine.url })
    machine.serve(() => sts('AssumeRole', 'ONE'))
    const { connection } = new Probe()
    const all = await Promise.all(Array.from({ length: 50 }, () => connection.credentials()))
    expect(new Set(all).size).toBe(1)
    expect(connection.credentials()).toEqual(assumed('ONE'))
    expect(machine.requests).toHaveLength(1)
  })

  it('renews credentials that a service calls expired, and sends the request again', async () => {
    machine.write('.aws/config', `[default]\nrole_arn = ${ROLE}\ncredential_source = Environment\n`)
    machine.env({ AWS_ENDPOINT_URL_STS: machine.url, AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'env-secret' })
    let count = 0
    machine.serve(request => {
      if (request.method === 'POST') return sts('AssumeRole', `N${++count}`)
      const isNew = request.headers['x-amz-security-token'] === 'token-of-N2'
      return isNew ? { body: '<Ok/>' } : { status: 403, body: '<Error><Code>ExpiredToken</Code></Error>' }
    })
    const { hostname: host, port } = new URL(machine.url)
    const { connection } = new Probe({ host, port: Number(port), secure: false, profile: 'default' })
    await connection.request({ path: '/' })
    expect(machine.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'POST', 'GET'])
  })

  it('says what is wrong with a chain', async () => {
    machine.write(
      '.aws/config',
      `[profile a]\nrole_arn = 1\nsource_profile = b\n[profile b]\nrole_arn = 2\nsource_profile = a\n
[profile self]\nrole_arn = 1\nsource_profile = self\n
[profile lost]\nrole_arn = 1\nsource_profile = nobody\n
[profile both]\nrole_arn = 1\nsource_profile = a\ncredential_source = Environment\n
[profile bare]\nrole_arn = 1\n
[profile odd]\nrole_arn = 1\ncredential_source = Moon\n
[profile env]\nrole_arn = 1\ncredential_source = Environment\n
[profile code]\nrole_arn = 1\nmfa_serial = arn:mfa\nsource_profile = a\n
[profile half]\naws_access_key_id = AKIA\n
[profile empty]\nregion = eu-west-1\n`,
    )
    const complaints: readonly (readonly [string, RegExp])[] = [
      ['a', /'a', 'b', 'a' lead in a circle/],
      ['self', /'self', 'self' lead in a circle/],
      ['lost', /source_profile 'nobody', which there is not/],
      ['both', /both source_profile and credential_source/],
      ['bare', /neither source_profile nor credential_source/],
      ['odd', /credential_source 'Moon', which is none of/],
      ['env', /credential_source 'Environment', but the environment has no/],
      ['code', /mfa_serial/],
      ['half', /has aws_access_key_id, but no aws_secret_access_key/],
      ['empty', /'empty' says nothing of credentials/],
      ['none', /no profile 'none'/],
    ]
    for (const [profile, complaint] of complaints) expect((await refused({ profile })).message).toMatch(complaint)
  })
})

describe('AWS credentials: single sign-on', () => {
  const session = '[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev Ops\n'
  const where = '[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.example/start\n'
  const cacheFile = (name: string): string => `.aws/sso/cache/${createHash('sha1').update(name).digest('hex')}.json`
  const role = {
    roleCredentials: {
      accessKeyId: 'ASIASSO',
      secretAccessKey: 'secret-of-SSO',
      sessionToken: 'token-of-SSO',
      expiration: Date.parse(END),
    },
  }

  it('takes a role with the cached token of a session, or of a start URL', async () => {
    machine.write(
      '.aws/config',
      `${session}${where}[profile old]\nsso_start_url = https://old\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = Old\n`,
    )
    machine.env({ AWS_ENDPOINT_URL_SSO: machine.url })
    machine.write(cacheFile('corp'), JSON.stringify({ accessToken: 'sso-token-1', expiresAt: END }))
    machine.write(
      cacheFile('https://old'),
      JSON.stringify({ accessToken: 'sso-token-2', expiresAt: '2099-01-01T00:00:00UTC' }),
    )
    machine.serve(() => ({ body: role }))
    expect(await found({ profile: 'dev' })).toEqual(temporary('SSO'))
    expect(machine.requests[0]).toMatchObject({
      method: 'GET',
      target: '/federation/credentials?account_id=123456789012&role_name=Dev%20Ops',
      headers: { 'x-amz-sso_bearer_token': 'sso-token-1' },
    })
    expect(await found({ profile: 'old' })).toEqual(temporary('SSO'))
    expect(machine.requests[1]?.headers['x-amz-sso_bearer_token']).toBe('sso-token-2')
  })

  it('renews the token of a session, and keeps it for others', async () => {
    machine.write('.aws/config', session + where)
    machine.env({ AWS_ENDPOINT_URL_SSO: machine.url, AWS_ENDPOINT_URL_SSO_OIDC: machine.url })
    const cached = {
      accessToken: 'old-token',
      expiresAt: '2020-01-01T00:00:00Z',
      refreshToken: 'renew-me',
      clientId: 'id',
      clientSecret: 'client-secret',
      registrationExpiresAt: END,
      startUrl: 'https://corp.example/start',
    }
    const file = machine.write(cacheFile('corp'), JSON.stringify(cached))
    machine.serve(({ method }) =>
      method === 'POST'
        ? { body: { accessToken: 'new-token', expiresIn: 3600, refreshToken: 'renew-again' } }
        : { body: role },
    )
    expect(await found({ profile: 'dev' })).toEqual(temporary('SSO'))
    expect(JSON.parse(machine.requests[0]?.body ?? '')).toEqual({
      clientId: 'id',
      clientSecret: 'client-secret',
      grantType: 'refresh_token',
      refreshToken: 'renew-me',
    })
    expect(machine.requests[1]?.headers['x-amz-sso_bearer_token']).toBe('new-token')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      accessToken: 'new-token',
      refreshToken: 'renew-again',
      clientId: 'id',
      startUrl: 'https://corp.example/start',
    })
  })

  it('says what a person has to do', async () => {
    machine.write('.aws/config', session + where)
    expect((await refused({ profile: 'dev' })).message).toMatch(/'aws sso login --sso-session corp' makes/)
    machine.write(cacheFile('corp'), JSON.stringify({ accessToken: 'sso-token', expiresAt: '2020-01-01T00:00:00Z' }))
    expect((await refused({ profile: 'dev' })).message).toMatch(/has ended: 'aws sso login --sso-session corp'/)
    machine.write(cacheFile('corp'), '{"accessToken": "sso-to')
    const { message } = await refused({ profile: 'dev' })
    expect(message).toMatch(/gave no JSON/)
    expect(message).not.toContain('sso-to"')
    machine.write('.aws/config', session)
    expect((await refused({ profile: 'dev' })).message).toMatch(/sso_session 'corp', which there is not/)
  })
})

describe('AWS credentials: programs', () => {
  const profile = 'tool'
  const run = (script: string, ...args: string[]): void => {
    const file = machine.write('a tool.mjs', script)
    const quoted = [process.execPath, file, ...args].map(each => `"${each}"`).join(' ')
    machine.write('.aws/config', `[profile tool]\ncredential_process = ${quoted}\n`)
  }

  it('runs a program without a shell', async () => {
    run(
      `console.log(JSON.stringify({ Version: 1, AccessKeyId: 'AKIA' + process.argv[2], SecretAccessKey: 'x', Expiration: '${END}' }))`,
      '$(id);#',
    )
    expect(await found({ profile })).toEqual({ key: 'AKIA$(id);#', secret: 'x', expiration: new Date(END) })
  })

  it('says what a program did, but not what it said', async () => {
    run("console.error('secret-1'); console.log('secret-1'); process.exit(3)")
    const failed = await refused({ profile })
    expect(failed.message).toMatch(/credential_process of the profile 'tool' ended with 3/)
    run("console.log('secret-1')")
    const nonsense = await refused({ profile })
    expect(nonsense.message).toMatch(/gave no JSON/)
    expect(failed.message + nonsense.message + failed.stack + nonsense.stack).not.toContain('secret-1')
    run("console.log(JSON.stringify({ Version: 2, AccessKeyId: 'a', SecretAccessKey: 'b' }))")
    expect((await refused({ profile })).message).toMatch(/another Version than 1/)
    run(
      "console.log(JSON.stringify({ Version: 1, AccessKeyId: 'a', SecretAccessKey: 'b', Expiration: '2020-01-01T00:00:00Z' }))",
    )
    expect((await refused({ profile })).message).toMatch(/have ended/)
    machine.write('.aws/config', '[profile tool]\ncredential_process = /nonexistent/tool\n')
    expect((await refused({ profile })).message).toMatch(/failed \(ENOENT\)/)
  })

  it.skipIf(process.platform === 'win32')('splits commands as a shell does', () => {
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['a b  c', ['a', 'b', 'c']],
      ['"a b" c', ['a b', 'c']],
      [`'a "b"' "c 'd'"`, ['a "b"', "c 'd'"]],
      ['a\\ b "c\\"d" "e\\f"', ['a b', 'c"d', 'e\\f']],
      ['a"b c"d ""', ['ab cd', '']],
    ]
    for (const [command, parts] of cases) expect(splitCommand(command, 'it')).toEqual(parts)
    expect(() => splitCommand('a "b', 'it')).toThrow(/not closed/)
  })
})

describe('AWS credentials: containers', () => {
  it('asks the endpoint of the container with its token', async () => {
    const token = machine.write('pod-token', 'from-file\n')
    machine.env({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${machine.url}/v1/credentials?id=1`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'from-env',
    })
    machine.serve(({ headers }) => asJson(headers.authorization === 'from-env' ? 'ENV' : 'FILE'))
    expect(await found()).toEqual(temporary('ENV'))
    expect(machine.requests[0]?.target).toBe('/v1/credentials?id=1')
    machine.env({ AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: token })
    expect(await found()).toEqual(temporary('FILE'))
  })

  it('asks again after trouble, and says what did not help', async () => {
    machine.env({ AWS_CONTAINER_CREDENTIALS_FULL_URI: machine.url })
    machine.serve(() => (machine.requests.length === 1 ? { status: 503 } : asJson('AGAIN')))
    expect(await found()).toEqual(temporary('AGAIN'))
    machine.serve(() => ({ status: 403, body: 'secret' }))
    expect((await refused()).message).toMatch(/container's endpoint http:\/\/127\.0\.0\.1:\d+ answered 403/)
    machine.env({ AWS_CONTAINER_AUTHORIZATION_TOKEN: 'a\nX-Evil: 1' })
    expect((await refused()).message).toMatch(/token has control characters/)
  })

  it('sends its token to no other host', () => {
    const full = (url: string): string | undefined => containerUrl({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url })?.host
    const allowed = [
      'http://169.254.170.2/x',
      'http://169.254.170.23/x',
      'http://[fd00:ec2::23]/x',
      'http://localhost:1/',
      'http://127.9.9.9/',
      'http://[::1]/',
      'https://creds.example.com/',
    ]
    for (const url of allowed) expect(full(url)).toBe(new URL(url).host)
    for (const url of [
      'http://example.com/',
      'http://169.254.170.4/',
      'http://127.0.0.1.example.com/',
      'ftp://localhost/',
      'x',
    ]) {
      expect(() => full(url)).toThrow(/AWS_CONTAINER_CREDENTIALS_FULL_URI/)
    }
    expect(containerUrl({ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/x' })?.href).toBe('http://169.254.170.2/v2/x')
    for (const uri of ['.evil.example/', '@evil.example/', ':80/']) {
      expect(() => containerUrl({ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: uri })).toThrow(/no path/)
    }
  })
})

describe('AWS credentials: instances', () => {
  const base = '/latest/meta-data/iam/security-credentials/'
  beforeEach(() => {
    machine.env({ AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: machine.url })
  })
  const instance = (more: (request: Arrived) => Said | undefined = () => undefined): void =>
    machine.serve(request => {
      const own = more(request)
      if (own) return own
      const { method, target, headers } = request
      if (method === 'PUT' && target === '/latest/api/token') return { body: 'imds-token' }
      if (headers['x-aws-ec2-metadata-token'] !== 'imds-token') return { status: 401 }
      if (target === base) return { body: 'web-role\n' }
      return target === `${base}web-role` ? asJson('IMDS', { Code: 'Success' }) : { status: 404 }
    })

  it('takes the role of the instance, with a token', async () => {
    instance()
    expect(await found()).toEqual(temporary('IMDS'))
    expect(machine.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'PUT /latest/api/token',
      `GET ${base}`,
      `GET ${base}web-role`,
    ])
    expect(machine.requests[0]?.headers['x-aws-ec2-metadata-token-ttl-seconds']).toBe('21600')
  })

  it('takes a new token when the old one has ended', async () => {
    let refusals = 1
    instance(({ target }) => (target === `${base}web-role` && refusals-- > 0 ? { status: 401 } : undefined))
    expect(await found()).toEqual(temporary('IMDS'))
    expect(machine.requests.filter(({ method }) => method === 'PUT')).toHaveLength(2)
  })

  it('goes without a token only where there are none, and nobody forbids it', async () => {
    const first = ({ method, target }: Arrived): Said =>
      method === 'PUT' ? { status: 404 } : target === base ? { body: 'web-role' } : asJson('OLD')
    instance(first)
    expect(await found()).toEqual(temporary('OLD'))
    machine.env({ AWS_EC2_METADATA_V1_DISABLED: 'true' })
    expect((await refused()).message).toMatch(/asked for a token, answered 404/)
  })

  it('says what is wrong with the instance', async () => {
    instance(({ target }) => (target === base ? { status: 404 } : undefined))
    expect((await refused()).message).toMatch(/no role: the instance has no instance profile/)
    instance(({ target }) => (target === base ? { body: '<html>' } : undefined))
    expect((await refused()).message).toMatch(/answered 200 for its role/)
    instance(({ target }) =>
      target === `${base}web-role` ? { body: { Code: 'AssumeRoleUnauthorizedAccess' } } : undefined,
    )
    expect((await refused()).message).toMatch(/answered 'AssumeRoleUnauthorizedAccess'/)
    machine.env({ AWS_METADATA_SERVICE_TIMEOUT: '0.05', AWS_METADATA_SERVICE_NUM_ATTEMPTS: '1' })
    machine.serve(() => ({ silent: true }))
    expect((await refused()).message).toMatch(
      /not to be reached \(TIMEOUT\) \(in a container the instance needs a hop limit/,
    )
  })

  it('goes on with credentials that the service has not renewed in time', async () => {
    instance(({ target }) =>
      target === `${base}web-role` ? asJson('LATE', { Expiration: '2020-01-01T00:00:00Z' }) : undefined,
    )
    const { connection } = new Probe()
    expect(await connection.credentials()).toMatchObject({ key: 'ASIALATE' })
    expect(connection.credentials()).toMatchObject({ key: 'ASIALATE' })
    expect(machine.requests).toHaveLength(3)
  })
})

describe('AWS credentials: renewal', () => {
  const MINUTE = 60_000
  /** A source whose credentials live for an hour, and a clock. */
  const source = (life = 60 * MINUTE) => {
    const state = { now: 1_000_000, fetched: 0, failing: false }
    const provider = new RenewedCredentials(
      async () => {
        if (state.failing) throw new Error('out of order')
        state.fetched += 1
        return { key: `key-${state.fetched}`, secret: 's', expiration: new Date(state.now + life) }
      },
      () => state.now,
    )
    return { state, provider }
  }
  const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

  it('fetches new ones behind the calls before the old ones end, and lets calls wait at the last', async () => {
    const { state, provider } = source()
    expect(provider.current()).toBeUndefined()
    await provider.fetch()
    state.now += 44 * MINUTE
    expect(provider.current()?.key).toBe('key-1')
    await settled()
    expect(state.fetched).toBe(1)
    state.now += 2 * MINUTE
    for (let call = 0; call < 5; call++) expect(provider.current()?.key).toBe('key-1')
    await settled()
    expect(state.fetched).toBe(2)
    expect(provider.current()?.key).toBe('key-2')
    state.now += 56 * MINUTE
    expect(provider.current()).toBeUndefined()
    expect((await provider.fetch()).key).toBe('key-3')
  })

  it('goes on with the old ones while new ones cannot be had, and fails when they have ended', async () => {
    const { state, provider } = source()
    await provider.fetch()
    state.failing = true
    state.now += 56 * MINUTE
    expect((await provider.fetch()).key).toBe('key-1')
    expect(provider.current()?.key).toBe('key-1') // not asked again at once
    state.now += MINUTE
    expect(provider.current()).toBeUndefined()
    state.now += 4 * MINUTE
    await expect(provider.fetch()).rejects.toThrow('out of order')
    state.failing = false
    expect((await provider.fetch()).key).toBe('key-2')
  })

  it('does not renew all the time what lives shortly', async () => {
    const { state, provider } = source(15 * MINUTE)
    await provider.fetch()
    state.now += 11 * MINUTE
    expect(provider.current()?.key).toBe('key-1')
    await settled()
    expect(state.fetched).toBe(1)
  })
})
