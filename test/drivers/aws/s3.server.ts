// As much of S3 as tests of failures need: objects, parts, and a say in every answer.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type S3Options, S3StorageDriver } from '../../../drivers/aws/s3.js'

/** A request that arrived whole. */
export interface Seen {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}
/** Answers in place of the store: true where it did. */
export type Intervention = (seen: Seen, response: ServerResponse) => boolean | undefined

const NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
const tagOf = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex')

export class FakeStore {
  readonly objects = new Map<string, Buffer>()
  readonly uploads = new Map<string, Map<number, Buffer>>()
  readonly seen: Seen[] = []
  intervene: Intervention = () => undefined
  readonly #server: Server
  #count = 0

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', chunk => chunks.push(chunk))
      request.on('error', () => {})
      request.on('end', () => {
        const url = new URL(request.url ?? '/', 'http://store')
        const seen = {
          method: request.method ?? '',
          path: url.pathname,
          query: url.searchParams,
          headers: request.headers,
          body: Buffer.concat(chunks),
        }
        this.seen.push(seen)
        if (this.intervene(seen, response) !== true) this.#answer(seen, response)
      })
    })
  }

  async start(): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
  }
  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  driver(options: S3Options = {}): S3StorageDriver {
    const { port } = this.#server.address() as AddressInfo
    const where = { host: '127.0.0.1', port, secure: false, proxy: false as const }
    const retry = { retries: 3, minTimeout: 1, maxTimeout: 2 }
    return new S3StorageDriver({
      key: 'test-key',
      secret: 'test-secret',
      region: 'us-east-1',
      ...where,
      retry,
      ...options,
    })
  }

  /** How many requests of a kind have come. */
  count(method: string, query = ''): number {
    return this.seen.filter(each => each.method === method && (query === '' || each.query.has(query))).length
  }

  #answer({ method, path, query, body, headers }: Seen, response: ServerResponse): void {
    const id = query.get('uploadId') ?? ''
    const xml = (text: string): void => void response.writeHead(200, { 'content-type': 'application/xml' }).end(text)
    const parts = this.uploads.get(id)
    if (method === 'POST' && query.has('uploads')) {
      this.#count += 1
      this.uploads.set(`u${this.#count}`, new Map())
      xml(`<InitiateMultipartUploadResult ${NS}><UploadId>u${this.#count}</UploadId></InitiateMultipartUploadResult>`)
    } else if (id !== '' && parts === undefined) failure(response, 404, 'NoSuchUpload')
    else if (method === 'PUT' && parts !== undefined) {
      parts.set(Number(query.get('partNumber')), body)
      response.writeHead(200, { etag: `"${tagOf(body)}"` }).end()
    } else if (method === 'POST' && parts !== undefined) {
      const whole = [...parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes)
      this.objects.set(path, Buffer.concat(whole))
      this.uploads.delete(id)
      xml(`<CompleteMultipartUploadResult ${NS}><ETag>"whole-${whole.length}"</ETag></CompleteMultipartUploadResult>`)
    } else if (method === 'GET' && query.has('uploads')) {
      const open = [...this.uploads.keys()].map(each => `<Upload><Key>key</Key><UploadId>${each}</UploadId></Upload>`)
      xml(`<ListMultipartUploadsResult>${open.join('')}</ListMultipartUploadsResult>`)
    } else if (method === 'GET' && parts !== undefined) {
      const list = [...parts].map(
        ([number, bytes]) =>
          `<Part><PartNumber>${number}</PartNumber><ETag>"${tagOf(bytes)}"</ETag><Size>${bytes.length}</Size></Part>`,
      )
      xml(`<ListPartsResult>${list.join('')}<IsTruncated>false</IsTruncated></ListPartsResult>`)
    } else if (method === 'DELETE' && parts !== undefined) {
      this.uploads.delete(id)
      response.writeHead(204).end()
    } else if (method === 'PUT') {
      this.objects.set(path, body)
      response.writeHead(200, { etag: `"${tagOf(body)}"` }).end()
    } else this.#read(method, path, headers, response)
  }

  #read(method: string, path: string, headers: Seen['headers'], response: ServerResponse): void {
    const bytes = this.objects.get(path)
    if (bytes === undefined) {
      failure(response, 404, 'NoSuchKey')
      return
    }
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '')
    const [start, end] = range ? [Number(range[1]), Number(range[2] || bytes.length - 1) + 1] : [0, bytes.length]
    const part = bytes.subarray(start, end)
    const described = { etag: `"${tagOf(bytes)}"`, 'content-length': part.length, 'content-type': 'text/plain' }
    response.writeHead(range ? 206 : 200, described).end(method === 'HEAD' ? undefined : part)
  }
}

/** An error as S3 tells it. */
export function failure(
  response: ServerResponse,
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response
    .writeHead(status, { 'content-type': 'application/xml', ...headers })
    .end(`<Error><Code>${code}</Code><Message>It is so</Message></Error>`)
}
