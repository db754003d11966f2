import { S3Client } from '@aws-sdk/client-s3'

new S3Client({ region: 'us-east-1', credentials: { accessKeyId: 'test-key', secretAccessKey: 'test-secret' } })
