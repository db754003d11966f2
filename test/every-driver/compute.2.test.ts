import { describeDriversOf } from './run.js'

await describeDriversOf('compute', { part: 2, of: 3 })
