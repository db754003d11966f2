import { channels } from './events.js'

/** What is published of a request. */
interface Happening {
  readonly provider: string
  readonly operation?: string
  readonly method?: string
  readonly path?: string
  readonly attempt?: number
  readonly status?: number
  readonly duration?: number
  readonly what?: string
  readonly state?: string
  readonly error?: Error
}

/** Prints one line for each thing that happens, through the `debug` package: `DEBUG=libcloud:*`. */
export async function startLog(): Promise<void> {
  const { default: debug } = await import('debug')
  const logger = (provider: string) => debug(`libcloud:${provider}`)
  const time = (duration = 0): string => `${duration.toFixed()} ms`
  const line = ({ operation = 'request', method, path }: Happening): string => `${operation} ${method} ${path}`
  const listen = (name: keyof typeof channels, print: (happening: Happening) => string): void =>
    channels[name].subscribe(message => logger((message as Happening).provider)('%s', print(message as Happening)))
  listen(
    'end',
    it => `${line(it)} ${it.status} ${time(it.duration)}${it.attempt === 1 ? '' : ` attempt ${it.attempt}`}`,
  )
  listen('retry', it => `${line(it)} again: ${it.error?.message}`)
  listen('error', it => `${line(it)} failed after ${time(it.duration)}: ${it.error?.message}`)
  listen('poll', it => `${it.operation ?? 'poll'} waits for ${it.what}: ${it.state}`)
}
