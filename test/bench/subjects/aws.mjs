// The AWS SDK for JavaScript against as much of S3 as it needs.
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3'
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
    s3list: async () => {
      let count = 0
      for await (const { Contents } of paginateListObjectsV2({ client }, { Bucket: 'listing' }))
        count += Contents.length
      if (count !== 100_000) throw new Error('The list is not whole')
    },
    s3get: async () => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: 'kibibyte', Key: 'a' }))
      await consume(Body, 1024)
    },
    upParts: size =>
      new Upload({
        client,
        params: { Bucket: 'parts', Key: 'a', Body: bytes(size) },
        partSize: 8 * 1024 * 1024,
      }).done(),
    upChunked: size => new Upload({ client, params: { Bucket: 'parts', Key: 'a', Body: bytes(size) } }).done(),
  }
}
