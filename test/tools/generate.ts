// Writes what follows from the code: registries, the vendors' entry points, provider pages, matrices and counts.
// `npm run generate` writes; with `--check` it fails where something written differs.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateDocs } from './generate-docs.js'
import { generateRegistries } from './generate-registry.js'
import { readVendors, root } from './vendors.js'

const vendors = await readVendors()
const files = new Map<string, string>([...(await generateRegistries(vendors)), ...(await generateDocs(vendors))])
const check = process.argv.includes('--check')
let different = 0
for (const [name, text] of [...files].sort()) {
  const path = join(root, name)
  let before: string | undefined
  try {
    before = readFileSync(path, 'utf8')
  } catch {}
  if (before === text) continue
  different += 1
  console.log(check ? `differs: ${name}` : `wrote ${name}`)
  if (!check) writeFileSync(path, text)
}
if (check && different > 0) {
  console.error('Run `npm run generate` and commit what it writes.')
  process.exit(1)
}
console.log(`${files.size} generated files, ${different} ${check ? 'different' : 'written'}`)
