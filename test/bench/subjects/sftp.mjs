// One transfer by this library, as it is built: put or get, of a file on each side. Prints its peak of memory, and what the
// transfer itself cost in seconds of CPU: without the start of Node, which a program that uses the library has behind it.
import { readFile } from 'node:fs/promises'
import { connectSsh } from '../../../dist/lib/deployment/index.js'

const [what, port, username, keyFile, local, remote] = process.argv.slice(2)
const key = await readFile(keyFile, 'utf8')
// Like that of sftp, the cost is that of the whole process: of starting, of logging in, and of the transfer.
const client = await connectSsh({
  host: '127.0.0.1',
  port: Number(port),
  username,
  privateKeys: [key],
  hostKey: 'accept-any',
})
const before = process.cpuUsage()
if (what === 'put') await client.upload(local, remote)
else await client.download(remote, local)
const { user, system } = process.cpuUsage(before)
await client.close()
console.log(process.resourceUsage().maxRSS, (user + system) / 1e6)
