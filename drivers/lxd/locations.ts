import type { LXDConnection } from './connection.js'
import type { LXDCallOptions } from './types.js'

/** Where instances can be made. */
export interface LXDPlace {
  /** The member's name; `'none'` where there is no cluster, as instances say it. */
  readonly id: string
  readonly name: string
  readonly architectures: readonly string[]
}

interface Server {
  readonly environment: {
    readonly serverName: string
    readonly serverClustered: boolean
    readonly architectures: readonly string[]
  }
}
interface Member {
  readonly serverName: string
  readonly architecture: string
}

/** The members of the cluster; the server itself where there is none. */
export async function listPlaces(connection: LXDConnection, options?: LXDCallOptions): Promise<LXDPlace[]> {
  const { environment } = await connection.get<Server>('/1.0', options)
  const { serverName, serverClustered, architectures } = environment
  if (!serverClustered) return [{ id: 'none', name: serverName, architectures }]
  const members = await connection.list<Member>('/1.0/cluster/members', options)
  return members.map(({ serverName: id, architecture }) => ({ id, name: id, architectures: [architecture] }))
}
