import { describeDriversOf } from './run.js'

await describeDriversOf('loadbalancer')
