import { createRequire } from 'node:module'

const pkgcloud = createRequire(import.meta.url)('pkgcloud')
pkgcloud.compute.createClient({ provider: 'digitalocean', token: 'test-key' })
