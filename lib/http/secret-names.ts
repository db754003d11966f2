/** What stands in place of a secret. */
export const REDACTED = '[redacted]'

/** Words that say of which form, which turn or which number a secret is; they stand at the end of its name. */
const FORM =
  /^(?:v?\d+|data|values?|string|binary|text|plain|plaintext|base64|b64|hash|encrypted|confirm|confirmation|pem)$/
/** Nouns that no other word ends with. */
const NOUNS =
  'password|passwd|passphrase|secret|token|credential|signature|authorization|cookie|kubeconfig|keymaterial|userdata|idrsa|sessionid'
/** What a key is called that is nobody else's business; a `key` alone is a name as often as not. */
const KEYS =
  'private|secret|access|api|auth|encryption|customer|subscription|tempurl|client|ssl|tls|session|shared|account|master|signing|storage|hmac'
const SECRET = new RegExp(`(?:${NOUNS}|(?:${KEYS})key)s?$|^(?:admin|root|user|db)pass$`)
/** Nouns that other words end with: `bypass`, `design`. */
const SHORT = /^(?:pass|pwd|sig)$/
/** Places in a list, and names of requests: a trace without them tells nothing. */
const HARMLESS =
  /(?:next|continuation|page|paging|sync|client|clientrequest|idempotency|cancel|max|min|expires)tokens?$/

/**
 * Whether a header, member, element, attribute or parameter of this name holds what must not be shown:
 * `adminPass`, `X-Auth-Token`, `client-key-data`, but not `nextToken`, `secretName` or `password_updated_at`.
 */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$3 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(word => word !== '')
  for (let count = words.length; count > 0; count--) {
    const word = words[count - 1] as string
    const last = word.replace(/(?<=[a-z])\d+$/, '')
    const flat = words.slice(0, count - 1).join('') + last
    if (SECRET.test(flat) || SHORT.test(last)) return !HARMLESS.test(flat)
    if (!FORM.test(word)) return false
  }
  return false
}
