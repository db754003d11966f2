import { describeDriversOf } from './run.js'

await describeDriversOf('compute', { part: 1, of: 3 })
