import {
  ConflictError,
  type LibcloudErrorClass,
  PermissionDeniedError,
  QuotaExceededError,
  RateLimitError,
} from '../../lib/errors.js'
import { commonProblem, type ProviderProblem } from '../../lib/http/errors.js'
import type { ReplyHead } from '../../lib/http/message.js'

// Each service writes its errors in a form of its own.

type Raw = Readonly<Record<string, unknown>>
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value)

/** `{"NeutronError": {"type", "message", "detail"}}`, `{"itemNotFound": {"code", "message"}}`, `{"error": {…}}` */
function wrapped(name: string, inner: Raw): ProviderProblem {
  const message = text(inner['message'])
  const detail = text(inner['detail'])
  const said = [message, detail].filter(each => each !== undefined).join(' ')
  return { code: text(inner['type']) ?? (name === 'error' ? text(inner['title']) : name), message: said || undefined }
}

function fromJson(body: unknown): ProviderProblem {
  if (!isRaw(body)) return commonProblem(body)
  const entries = Object.entries(body)
  const [name, inner] = entries.find(([, value]) => isRaw(value)) ?? []
  if (name !== undefined && isRaw(inner) && entries.length === 1) return wrapped(name, inner)
  if (typeof body['faultstring'] === 'string') return { code: text(body['faultcode']), message: body['faultstring'] }
  // Of a load balancer's API of Rackspace; Neutron's own shell says only a text.
  const validation = isRaw(body['validationErrors']) ? body['validationErrors']['messages'] : undefined
  if (Array.isArray(validation)) return { code: 'validation', message: validation.join('; ') }
  const problem = commonProblem(body)
  const code = text(body['type']) ?? text(body['title']) ?? problem.code
  return { ...problem, code, message: problem.message ?? text(body['NeutronError']) ?? text(body['details']) }
}

/** What stands in a page of HTML, as Glance and Swift write it. */
function fromHtml(page: string): ProviderProblem {
  const plain = page
    .replace(/<(head|style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<h1>[\s\S]*?<\/h1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_all, code: string) => String.fromCodePoint(Math.min(Number(code), 0x10ffff)))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim()
  return plain === '' ? {} : { message: plain.slice(0, 300) }
}

const QUOTA = /quota|exceeds (?:the )?(?:available|allowed|maximum)|overLimit|limit (?:has been )?(?:reached|exceeded)/i

/** Failures whose status is that of others: the code or the words tell them apart. */
function classOf({ code = '', message = '' }: ProviderProblem, head: ReplyHead): LibcloudErrorClass | undefined {
  const { status, headers } = head
  if (status >= 500) return undefined
  if (/OverQuota|QuotaExceeded|QuotaResource|over_quota/i.test(code)) return QuotaExceededError
  if (status === 413) {
    // Old clouds say so of too many requests, and when to come again.
    return Number(headers['retry-after'] ?? 0) > 0 ? RateLimitError : QuotaExceededError
  }
  // The names of policies speak of quotas too.
  if (/^(PolicyNotAuthorized|HTTPForbidden|AdminRequired)$/.test(code) || /^Policy doesn't allow/i.test(message))
    return PermissionDeniedError
  if (status === 403 && QUOTA.test(message)) return QuotaExceededError
  if (
    status === 400 &&
    /currently .* (?:state|status)|must be (?:available|in-use|in state)|is not in a valid state/i.test(message)
  )
    return ConflictError
  return undefined
}

/** Reads the error of any of the services. */
export function problemOf(body: string, head: ReplyHead): ProviderProblem {
  let problem: ProviderProblem
  try {
    problem = fromJson(JSON.parse(body))
  } catch {
    problem = /^\s*</.test(body) ? fromHtml(body) : commonProblem(body.trim().slice(0, 300))
  }
  // Glance writes the end of a page into its JSON.
  const message = problem.message?.replace(/<br ?\/?>/gi, ' ').trim()
  const errorClass = classOf(problem, head)
  return { ...problem, message, ...(errorClass === undefined ? {} : { errorClass }) }
}
