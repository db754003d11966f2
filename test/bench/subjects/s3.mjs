// This library's S3 driver, as it is built.
import { bytes, consume } from '../source.mjs'

export async function prepare(port) {
  const { S3StorageDriver } = await import('../../../dist/drivers/aws/s3.js')
  const where = { host: '127.0.0.1', port, secure: false, pacing: false, proxy: false }
  // Over TLS, which nobody uses here, no payload is hashed.
  const options = { key: 'test-key', secret: 'test-secret', region: 'us-east-1', signPayload: false, ...where }
  const driver = new S3StorageDriver(options)
  const object = { name: 'a', container: { name: 'kibibyte' } }
  return {
    s3list: async () => {
      let count = 0
      for await (const { size } of driver.listContainerObjects({ name: 'listing' })) if (size >= 0) count++
      if (count !== 100_000) throw new Error('The list is not whole')
    },
    s3get: async () => consume(await driver.downloadObjectAsStream(object), 1024),
    upParts: size =>
      driver.uploadObjectViaStream(bytes(size), { name: 'parts' }, 'a', { contentLength: size, verifyHash: false }),
  }
}
