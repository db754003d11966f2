// What a service principal with a certificate says of itself, signed.
import { constants, createPrivateKey, type KeyObject, randomUUID, sign, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Connection } from '../../lib/http/connection.js'
import { unusable } from './credentials.shared.js'

/** A private key, and the SHA-256 of the certificate that it belongs to. */
export interface Certificate {
  readonly key: KeyObject
  readonly thumbprint: string
}

/** Seconds that a statement is good for. */
const LIFE = 600

/** Reads a certificate and its key, of a text in PEM or of a file. @throws InvalidCredentialsError for what is none */
export async function readCertificate(
  connection: Connection,
  given: string,
  passphrase: string | undefined,
): Promise<Certificate> {
  const pem = given.includes('-----BEGIN ')
    ? given.replaceAll('\\n', '\n')
    : await readFile(given, 'utf8').catch((cause: NodeJS.ErrnoException) => {
        throw unusable(
          connection,
          `the file that 'certificate' or AZURE_CLIENT_CERTIFICATE_PATH names cannot be read (${cause.code})`,
        )
      })
  const [keyText] = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/.exec(pem) ?? []
  const [certificateText] = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(pem) ?? []
  if (!keyText || !certificateText)
    throw unusable(connection, "'certificate' must hold a certificate and its private key, both in PEM")
  connection.conceal(keyText)
  let key: KeyObject
  let certificate: X509Certificate
  try {
    key = createPrivateKey({ key: keyText, ...(passphrase ? { passphrase } : {}) })
    certificate = new X509Certificate(certificateText)
  } catch {
    // Its own error may quote the key.
    throw unusable(
      connection,
      "the certificate or its private key cannot be read; if the key is encrypted, 'certificatePassword' opens it",
    )
  }
  if (key.asymmetricKeyType !== 'rsa') throw unusable(connection, "the certificate's private key is not one of RSA")
  if (!certificate.checkPrivateKey(key)) throw unusable(connection, 'the private key is not that of the certificate')
  return { key, thumbprint: Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url') }
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** @see https://learn.microsoft.com/entra/identity-platform/certificate-credentials#assertion-format */
export function clientAssertion({ key, thumbprint }: Certificate, clientId: string, audience: string): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = { aud: audience, iss: clientId, sub: clientId, jti: randomUUID(), iat: now, nbf: now, exp: now + LIFE }
  const text = `${part({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint })}.${part(claims)}`
  const padding = constants.RSA_PKCS1_PSS_PADDING
  const signature = sign('sha256', Buffer.from(text), { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST })
  return `${text}.${signature.toString('base64url')}`
}
