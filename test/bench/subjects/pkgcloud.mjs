// pkgcloud's DigitalOcean provider.
import { createRequire } from 'node:module'

export async function prepare(port) {
  const pkgcloud = createRequire(import.meta.url)('pkgcloud')
  const options = { provider: 'digitalocean', token: 'test-key', protocol: 'http://', serversUrl: `127.0.0.1:${port}` }
  const client = pkgcloud.compute.createClient(options)
  return {
    list: () =>
      new Promise((resolve, reject) => {
        client.getServers({}, (error, servers) => {
          if (error) return reject(error)
          return servers.length === 1000 ? resolve() : reject(new Error('The list is not whole'))
        })
      }),
    small: () =>
      new Promise((resolve, reject) => {
        client._request({ path: '/v2/domains/example.com' }, error => (error ? reject(error) : resolve()))
      }),
  }
}
