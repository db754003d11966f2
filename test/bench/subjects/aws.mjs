// The AWS SDK for JavaScript against as much of S3 as it needs.
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { bytes, consume } from '../source.mjs'

export async function prepare(port) {
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test-key', secretAccessKey: 'test-secret' },
    forcePathStyle: true,
    // Otherwise it takes a CRC of every byte that is sent, which nobody else here does.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  const down = kind => async size => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: kind, Key: String(size) }))
    await consume(Body, size)
  }
  return {
    small: async () => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: 'object', Key: 'a' }))
      await Body.transformToString()
    },
    head: () => client.send(new HeadObjectCommand({ Bucket: 'object', Key: 'a' })),
    down: down('bytes'),
    downChunked: down('chunked'),
    up: size =>
      client.send(new PutObjectCommand({ Bucket: 'sink', Key: String(size), Body: bytes(size), ContentLength: size })),
    upChunked: size => new Upload({ client, params: { Bucket: 'parts', Key: 'a', Body: bytes(size) } }).done(),
  }
}
