// Adds up what the test runs reported, and ends with the one line that says it all.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, failedSteps] = process.argv.slice(2)
let passed = 0
let failed = 0
let skipped = 0
for (const file of readdirSync(folder).filter(name => name.endsWith('.json'))) {
  const report = JSON.parse(readFileSync(join(folder, file), 'utf8'))
  passed += report.numPassedTests
  failed += report.numFailedTests
  skipped += report.numPendingTests
}
const broken = Math.max(failed, Number(failedSteps))
console.log(`${passed} passed, ${broken} failed, ${skipped} skipped`)
process.exit(broken > 0 || passed === 0 ? 1 : 0)
