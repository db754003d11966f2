// Requests as OpenTelemetry spans: what this package publishes on Node's diagnostics_channel becomes a span each.
import assert from 'node:assert/strict'
import { subscribe } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { DigitalOceanDNSDriver } from 'libcloud/drivers/digitalocean'

interface Ended {
  readonly provider: string
  readonly operation?: string
  readonly method: string
  readonly path: string
  readonly attempt: number
  readonly duration: number
  readonly status?: number
  readonly error?: Error & { code?: string }
}

/** Makes a span of every request, from its end and its duration. */
export function traceRequests(tracer: Tracer): void {
  const record = (message: unknown): void => {
    const { provider, operation, method, path, attempt, duration, status, error } = message as Ended
    const end = Date.now()
    const span = tracer.startSpan(`${provider} ${operation ?? method}`, {
      kind: SpanKind.CLIENT,
      startTime: end - duration,
      attributes: {
        'http.request.method': method,
        'url.path': path,
        'http.request.resend_count': attempt - 1,
        'cloud.provider': provider,
        ...(status === undefined ? {} : { 'http.response.status_code': status }),
        ...(error?.code === undefined ? {} : { 'error.type': error.code }),
      },
    })
    if (error) {
      span.recordException(error)
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
    }
    span.end(end)
  }
  subscribe('libcloud:request:end', record)
  subscribe('libcloud:request:error', record)
}

// Shown on a server of our own: one request that succeeds, one that does not.
const exporter = new InMemorySpanExporter()
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
traceRequests(trace.getTracer('libcloud'))
const server = createServer((request, response) => {
  if (request.url?.startsWith('/v2/domains?')) response.end('{"domains":[],"links":{}}')
  else response.writeHead(404).end('{"id":"not_found","message":"no such domain"}')
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const driver = new DigitalOceanDNSDriver({ key: 'not-a-secret', host: '127.0.0.1', port, secure: false })
await driver.listZones()
await driver.getZone('example.com').catch(() => {})
await driver.close()
server.close()

const spans = exporter.getFinishedSpans()
for (const { name, attributes } of spans) console.log(name, attributes)
assert.deepEqual(
  spans.map(({ name }) => name),
  ['digital_ocean listZones', 'digital_ocean getZone'],
)
assert.equal(spans[0]?.attributes['http.response.status_code'], 200)
assert.equal(spans[1]?.attributes['error.type'], 'NOT_FOUND')
assert.ok(!JSON.stringify(spans.map(({ attributes, events }) => [attributes, events])).includes('not-a-secret'))
