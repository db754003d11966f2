// This library, as it is built, through a JSON driver.
import { bytes, consume, scratch } from '../source.mjs'

export async function prepare(port) {
  const { DigitalOceanDNSDriver } = await import('../../../dist/drivers/digitalocean/index.gen.js')
  const { readNothing } = await import('../../../dist/lib/http/message.js')
  const { saveToFile, uploadSource } = await import('../../../dist/lib/storage/transfer.js')
  const options = { key: 'test-key', host: '127.0.0.1', port, secure: false, pacing: false, proxy: false }
  const driver = new DigitalOceanDNSDriver(options)
  const { connection } = driver
  const down = kind => async size => {
    const { body } = await connection.stream({ path: `/${kind}/${size}` })
    await consume(body, size)
  }
  const up = known => async size => {
    const contentLength = known ? size : undefined
    await connection.request({ method: 'PUT', path: `/sink/${size}`, body: bytes(size), contentLength })
  }
  return {
    list: async () => {
      const { body } = await connection.request({ path: '/v2/droplets' })
      if (body.droplets.length !== 1000) throw new Error('The list is not whole')
    },
    records: async () => {
      const records = await driver.listRecords({ id: 'example.com' })
      if (records.length !== 1000) throw new Error('The list is not whole')
    },
    small: () => connection.request({ path: '/v2/domains/example.com' }),
    zone: () => driver.getZone('example.com'),
    head: () => connection.request({ method: 'HEAD', path: '/object', read: readNothing }),
    down: down('bytes'),
    downChunked: down('chunked'),
    downFile: async size => {
      const open = async () => (await connection.stream({ path: `/bytes/${size}` })).body
      await saveToFile(open, scratch('libcloud'), { provider: 'bench', size }, { overwriteExisting: true })
    },
    up: up(true),
    upChunked: up(false),
    upSource: async size => {
      const { body, length } = uploadSource(bytes(size), { contentLength: size })
      await connection.request({ method: 'PUT', path: `/sink/${size}`, body, contentLength: length })
    },
  }
}
