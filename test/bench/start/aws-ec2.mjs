import { EC2Client } from '@aws-sdk/client-ec2'

new EC2Client({ region: 'us-east-1', credentials: { accessKeyId: 'test-key', secretAccessKey: 'test-secret' } })
