// Certificates of every kind, made afresh: none of them is of use anywhere else.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A key and its certificate, in PEM. */
export interface Pair {
  readonly key: string
  readonly cert: string
}
/** An authority, and what it has signed. */
export interface Certificates {
  readonly authority: Pair
  readonly valid: Pair
  readonly expired: Pair
  readonly notYet: Pair
  readonly otherHost: Pair
  readonly selfSigned: Pair
  /** For a client; its key is encrypted with {@link PASSPHRASE}. */
  readonly client: Pair
}
/** Opens the client's key. */
export const PASSPHRASE = 'open-sesame-17'

/** Makes them with openssl. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'libcloud-'))
  const at = (name: string): string => join(folder, name)
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const read = (name: string): Pair => ({
    key: readFileSync(at(`${name}.key`), 'utf8'),
    cert: readFileSync(at(`${name}.crt`), 'utf8'),
  })
  const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  const selfSign = (name: string, ...extensions: string[]): Pair => {
    const more = extensions.flatMap(extension => ['-addext', extension])
    const subject = ['-subj', `/CN=${name}`, '-days', '36500', '-nodes']
    openssl('req', '-x509', ...NEW_KEY, ...subject, ...more, '-keyout', `${name}.key`, '-out', `${name}.crt`)
    return read(name)
  }
  const sign = (name: string, from: string, to: string, names: string, passphrase?: string): Pair => {
    const secret = passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`]
    openssl(
      'req',
      '-new',
      ...NEW_KEY,
      ...secret,
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    )
    writeFileSync(at(`${name}.ext`), `subjectAltName=${names}\n`)
    const dates = ['-startdate', from, '-enddate', to]
    openssl(
      'ca',
      '-batch',
      '-config',
      'ca.conf',
      ...dates,
      '-extfile',
      `${name}.ext`,
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.crt`,
    )
    return read(name)
  }
  const [past, early, late, future] = ['20010101000000Z', '20100101000000Z', '20990101000000Z', '21090101000000Z']
  const here = 'DNS:localhost,IP:127.0.0.1'
  try {
    const authority = selfSign('authority', 'keyUsage=critical,keyCertSign,cRLSign')
    writeFileSync(at('index'), '')
    writeFileSync(
      at('ca.conf'),
      `[ca]\ndefault_ca=a\n[a]\ndatabase=index\nrand_serial=yes\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p
unique_subject=no\nemail_in_dn=no\ncertificate=authority.crt\nprivate_key=authority.key\n[p]\ncommonName=supplied\n`,
    )
    return {
      authority,
      valid: sign('valid', early, late, here),
      expired: sign('expired', past, early, here),
      notYet: sign('not-yet', late, future, here),
      otherHost: sign('other-host', early, late, 'DNS:elsewhere.example'),
      selfSigned: selfSign('self-signed', `subjectAltName=${here}`),
      client: sign('client', early, late, 'DNS:client.example', PASSPHRASE),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
