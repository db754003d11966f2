// This library's EC2 driver, as it is built.
export async function prepare(port) {
  const { EC2NodeDriver } = await import('../../../dist/drivers/aws/ec2.js')
  const options = { key: 'test-key', secret: 'test-secret', region: 'us-east-1' }
  const driver = new EC2NodeDriver({ ...options, host: '127.0.0.1', port, secure: false, proxy: false })
  return {
    instances: async () => {
      const nodes = await driver.listNodes()
      if (nodes.length !== 1000) throw new Error('The list is not whole')
    },
  }
}
