// The AWS SDK for JavaScript against EC2.
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'

export async function prepare(port) {
  const client = new EC2Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test-key', secretAccessKey: 'test-secret' },
  })
  return {
    instances: async () => {
      const { Reservations } = await client.send(new DescribeInstancesCommand({ MaxResults: 1000 }))
      if (Reservations.length !== 1000) throw new Error('The list is not whole')
    },
  }
}
