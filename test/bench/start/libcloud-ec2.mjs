import { getDriver, Provider } from '../../../dist/lib/compute/index.js'

const Driver = await getDriver(Provider.EC2)
new Driver({ key: 'test-key', secret: 'test-secret', region: 'us-east-1' })
