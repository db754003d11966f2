import { hideMembers, hideXml } from './redact-body.js'
import { isSecretName, REDACTED } from './secret-names.js'

export { REDACTED } from './secret-names.js'

const PRIVATE_KEY = /-----BEGIN ([A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?)-----[\s\S]*?(?:-----END \1-----|$)/g
/** Of an address, wherever it stands: in JSON its slashes may be escaped. A password may hold an '@'. */
const USER_INFO = /(\b\w{2,20}:(?:\\?\/){2})[^/?#\s"'<>\\]*@/g
const PARAMETER = /((?:[?&]|&amp;|\\u0026)([\w.[\]%-]{1,100})=)((?:(?!\\u0026)[^&\s'"<>#])+)/g

/** Whether a header's value must not be shown. */
export function isSecretHeader(name: string): boolean {
  return isSecretName(name) || /(?:^|-)(?:auth|authentication)$/i.test(name)
}

/** Removes what must not be seen: values known to be secret, and members, elements and parameters that are named so. */
export class Redactor {
  #secrets: string[] = []

  constructor(secrets: Iterable<string> = []) {
    for (const secret of secrets) this.conceal(secret)
  }

  /** From now on this value is shown nowhere, in no usual encoding. */
  conceal(secret: string): void {
    if (secret.length < 4) return
    // The longest first: a secret may be the beginning of another, and would leave its end.
    this.#secrets = [...new Set([...this.#secrets, ...formsOf(secret)])].sort((a, b) => b.length - a.length)
  }

  /** Known secrets only, and private keys: for messages and short texts. */
  values(text: string): string {
    for (const secret of this.#secrets) if (text.includes(secret)) text = text.replaceAll(secret, REDACTED)
    return text.includes('PRIVATE KEY')
      ? text.replace(PRIVATE_KEY, `-----BEGIN $1-----${REDACTED}-----END $1-----`)
      : text
  }

  /** A header as it may be shown: some hold addresses. */
  header(name: string, value: string): string {
    return isSecretHeader(name) ? REDACTED : this.url(value)
  }

  /** A URL as it may be shown, or a text that has some. */
  url(url: string): string {
    const hide = (whole: string, start: string, name: string): string =>
      isSecretName(decoded(name)) ? `${start}${REDACTED}` : whole
    return this.values(url.replace(USER_INFO, `$1${REDACTED}@`).replace(PARAMETER, hide))
  }

  /** A body as it may be shown. */
  body(text: string): string {
    return this.url(hideXml(hideMembers(text)))
  }

  /** A form's body as it may be shown. */
  form(text: string): string {
    return this.url(`?${text}`).slice(1)
  }

  /** The beginning of a body, for an error. */
  excerpt(text: string, length = 2000): string {
    const shown = this.body(text.slice(0, length * 4))
    return shown.length > length ? `${shown.slice(0, length)}…` : shown
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** How a secret may be written. */
function formsOf(secret: string): string[] {
  const whole = secret.toWellFormed()
  const uri = encodeURIComponent(whole)
  const json = JSON.stringify(secret).slice(1, -1)
  const xml = whole.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const forms = [
    secret,
    uri,
    uri.replace(/%../g, code => code.toLowerCase()),
    uri.replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`),
    new URLSearchParams({ '': whole }).toString().slice(1),
    json,
    json.replaceAll('/', '\\/'),
    json.replace(/[\u0080-\uffff]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
    xml,
    xml.replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
    xml.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    ...base64Forms(whole),
  ]
  return forms.flatMap(form => [form, form.replaceAll('+', '-').replaceAll('/', '_')].slice(0, isBase64(form) ? 2 : 1))
}

const isBase64 = (form: string): boolean => /^[A-Za-z0-9+/]{6,}$/.test(form)

/** By itself, and after one or two other bytes: as in `user:secret`. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const forms = [bytes.toString('base64').replace(/=+$/, '')]
  for (const before of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    // The first and the last letter also hold bits of what stands beside it.
    const inside = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
    if (inside.length >= 8) forms.push(inside)
  }
  return forms
}

const redactors = new WeakMap<object, Redactor>() // not a property: shared types have no private members

/** What a connection must never show. */
export function keepSecrets(connection: object, secrets: Iterable<string>): void {
  redactors.set(connection, new Redactor(secrets))
}
/** What makes a connection's texts fit to be shown. */
export function redactorOf(connection: object): Redactor {
  return redactors.get(connection) ?? new Redactor()
}
