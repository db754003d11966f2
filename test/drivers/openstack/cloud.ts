// A cloud on loopback: keystone as it answers, and a service that wants its tokens.
import type { OpenStackOptions } from '../../../drivers/openstack/options.js'
import { type ArrivedRequest, type Handler, type ReplayServer, startReplay } from '../../conformance/replay.js'

export const PROJECT = '9ae8e9d27cfc48efbf1bf8ef61013620'
type Response = Parameters<Handler>[1]

/** One endpoint of the catalog. */
const endpoint = (url: string, region = 'RegionOne', kind = 'public'): object => ({
  id: '1',
  interface: kind,
  region,
  region_id: region,
  url,
})
export const CATALOG: readonly object[] = [
  {
    type: 'compute',
    name: 'nova',
    endpoints: [
      endpoint('http://compute.example.test/v2.1'),
      endpoint('http://compute-two.example.test/v2.1', 'RegionTwo'),
      endpoint('http://compute-internal.example.test/v2.1', 'RegionOne', 'internal'),
    ],
  },
  { type: 'network', name: 'neutron', endpoints: [endpoint('http://network.example.test')] },
  { type: 'volumev3', name: 'cinder', endpoints: [endpoint(`http://volume.example.test/v3/${PROJECT}`)] },
  { type: 'volume', name: 'cinder1', endpoints: [endpoint(`http://volume.example.test/v1/${PROJECT}`)] },
]

export const json = (response: Response, status: number, body: unknown, headers: object = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

export interface Keystone {
  readonly server: ReplayServer
  /** The bodies of the requests for tokens. */
  readonly asked: unknown[]
  /** Tokens that are refused from now on. */
  readonly revoked: Set<string>
  /** Milliseconds that tokens live. */
  life: number
  /** Answers what is neither. */
  serve: (request: ArrivedRequest, response: Response) => void
  /** When it answers those who ask for tokens. */
  ready: Promise<unknown>
}

/** Starts a cloud whose tokens are `token-1`, `token-2` … */
export async function startKeystone(): Promise<Keystone> {
  const server = await startReplay()
  const asked: unknown[] = []
  const keystone: Keystone = {
    server,
    asked,
    revoked: new Set(),
    life: 3_600_000,
    serve: (_request, response) => json(response, 200, { servers: [] }),
    ready: Promise.resolve(),
  }
  server.play(async (request, response) => {
    if (request.method === 'POST' && request.target.endsWith('/auth/tokens')) {
      asked.push(JSON.parse(request.body.toString()))
      const count = asked.length
      await keystone.ready
      const now = Date.now()
      const token = {
        issued_at: new Date(now).toISOString(),
        expires_at: new Date(now + keystone.life).toISOString(),
        project: { id: PROJECT, name: 'demo', domain: { id: 'default' } },
        user: { id: '5428b70dde87469a8c799f92d17beb96' },
        catalog: CATALOG,
      }
      json(response, 201, { token }, { 'x-subject-token': `token-${count}` })
    } else if (request.target === '/v3/auth/catalog') json(response, 200, { catalog: CATALOG })
    else if (keystone.revoked.has(request.headers['x-auth-token'] ?? '')) {
      json(response, 401, { error: { code: 401, title: 'Unauthorized', message: 'The token has expired.' } })
    } else if (request.target === '/v2.1/') {
      json(response, 200, { version: { id: 'v2.1', status: 'CURRENT', version: '2.60', min_version: '2.1' } })
    } else keystone.serve(request, response)
  })
  return keystone
}

export const login: OpenStackOptions = {
  key: 'demo',
  secret: 'a good password',
  project: 'demo',
  authUrl: 'http://identity.example.test/v3',
  region: 'RegionOne',
}
