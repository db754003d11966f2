import { getDriver, Provider } from '../../../dist/lib/compute/index.js'

const Driver = await getDriver(Provider.DIGITAL_OCEAN)
new Driver({ key: 'test-key' })
