// Writes the code blocks of README.md and docs/*.md into a folder, so that they can be compiled, run and tested as printed.
// A block begins with ```ts, and may say file=name (else it is numbered), and run or test.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const [root, target] = process.argv.slice(2)
const todo = []
const pages = readdirSync(join(root, 'docs'))
  .filter(name => name.endsWith('.md'))
  .map(name => join('docs', name))
for (const page of ['README.md', ...pages]) {
  const text = readFileSync(join(root, page), 'utf8')
  let number = 0
  for (const [, language, info, code] of text.matchAll(/^```(ts|http)([^\n]*)\n([\s\S]*?)^```$/gm)) {
    const words = info.trim().split(/\s+/).filter(Boolean)
    number += 1
    const named = words.find(word => word.startsWith('file='))?.slice(5)
    if (language === 'http' && !named) continue
    const file = join(page === 'README.md' ? 'docs/readme' : page.replace(/\.md$/, ''), named ?? `example-${number}.ts`)
    mkdirSync(join(target, dirname(file)), { recursive: true })
    // Each block is a module of its own, also one that imports nothing.
    writeFileSync(join(target, file), language === 'ts' ? `${code}\nexport {}\n` : code)
    for (const how of ['run', 'test']) if (words.includes(how)) todo.push(`${how} ${file.replace(/\.ts$/, '.js')}`)
  }
}
console.log(todo.join('\n'))
