// The same, with signed payloads and checksums: what plain HTTP takes.
import { bytes } from '../source.mjs'

export async function prepare(port) {
  const { S3StorageDriver } = await import('../../../dist/drivers/aws/s3.js')
  const where = { host: '127.0.0.1', port, secure: false, pacing: false, proxy: false }
  const driver = new S3StorageDriver({ key: 'test-key', secret: 'test-secret', region: 'us-east-1', ...where })
  return {
    upParts: size => driver.uploadObjectViaStream(bytes(size), { name: 'parts' }, 'a', { contentLength: size }),
  }
}
