import { type Channel, channel } from 'node:diagnostics_channel'

/** What is published of every request, for metrics and traces: never a header, a body or a query. */
export const channels: Readonly<Record<'start' | 'end' | 'error' | 'retry' | 'poll', Channel>> = {
  start: channel('libcloud:request:start'),
  end: channel('libcloud:request:end'),
  error: channel('libcloud:request:error'),
  retry: channel('libcloud:request:retry'),
  poll: channel('libcloud:request:poll'),
}
