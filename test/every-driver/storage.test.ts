import { describeDriversOf } from './run.js'

await describeDriversOf('storage')
