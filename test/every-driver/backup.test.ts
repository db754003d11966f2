import { describeDriversOf } from './run.js'

await describeDriversOf('backup')
