import { describeDriversOf } from './run.js'

await describeDriversOf('compute', { part: 3, of: 3 })
