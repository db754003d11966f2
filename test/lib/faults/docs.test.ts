// The guide's page on faults is written by the tables, so that it says no more and no less than what is tested.
import { expect, it } from 'vitest'
import { calls, kept, streams } from './calls.cases.js'
import { lists, waits } from './lists.cases.js'
import { proxies } from './proxies.cases.js'
import { contents, cuts, garbage, times } from './replies.cases.js'
import { redirects, statuses } from './statuses.cases.js'
import type { Story } from './story.js'
import { expected, type Fault } from './table.js'
import { certificates } from './tls.cases.js'
import { downloads, sources } from './transfers.cases.js'
import { uploads } from './uploads.cases.js'

const INTRODUCTION = `# Faults

What a network and a server can do to a call, and what the caller gets. Every row is a test (\`test/lib/faults\`): a server on loopback
does exactly that, and afterwards no socket, timer, file or listener is left. This page is written by the tests.

- **value**: the call succeeds, at another attempt where the first failed and a repetition does no harm.
- **retryable**: the error has \`retryable: true\`: asking again may help. Where a repetition does no harm, and a stream has not begun, it
  has been tried already, as often as \`retry\` says and in the time that \`timeout\` gives.
- **may have happened**: the error has \`mayHaveHappened: true\`: a request that changes something has left, so look before asking again.
- **creation**: a POST without the provider's idempotency token. It is repeated only where nothing of it has left.

All errors of ours name the provider and the operation. See [errors, retries and timeouts](errors.md).
`

const cell = (text: string): string => {
  if (text === "'enough', as it is") return 'the reason of its signal, as it is'
  if (text.endsWith(', as it is')) return 'that error, as it is'
  return text.replace(/^((?:\w+Error)(?: \d+)?)/, '`$1`')
}

function faultTable(title: string, faults: readonly Fault[]): string {
  const rows = faults.map(fault => {
    const [read, xml] = [expected(fault, 'json'), expected(fault, 'xml')]
    const both = read === xml ? cell(read) : `${cell(read)}; XML: ${cell(xml)}`
    return `| ${fault.wire} | ${both} | ${cell(fault.create)} | ${cell(fault.stream)} |`
  })
  return `\n## ${title}\n\n| The server | A read | A creation | A stream |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

function storyTable(title: string, stories: readonly Story[]): string {
  const rows = stories.map(({ wire, gets }) => {
    const all =
      gets.includes(', value') || gets.startsWith('value,') ? gets.split(', ').map(cell).join(', ') : cell(gets)
    return `| ${wire} | ${all} |`
  })
  return `\n## ${title}\n\n| What happens | The caller gets |\n|---|---|\n${rows.join('\n')}\n`
}

it('docs/faults.md is what the tables say', async () => {
  const page = [
    INTRODUCTION,
    faultTable('Time', times),
    faultTable('Connections that end too early', cuts),
    faultTable('Broken HTTP', garbage),
    faultTable('Wrong contents', contents),
    faultTable('Statuses', statuses),
    faultTable('Redirects', redirects),
    storyTable('Connections that are kept', kept),
    storyTable('The way there, and attempts', calls),
    storyTable('Streams, downwards', streams),
    storyTable('Streams, upwards', uploads),
    storyTable('TLS (each call a creation)', certificates),
    storyTable('Proxies (each call a creation)', proxies),
    storyTable('Lists', lists),
    storyTable('Waits', waits),
    storyTable('Downloads to files', downloads),
    storyTable('Sources of uploads', sources),
  ]
  await expect(page.join('')).toMatchFileSnapshot('../../../docs/faults.md')
})

it('no fault stands there twice', () => {
  const tables = [
    times,
    cuts,
    garbage,
    contents,
    statuses,
    redirects,
    kept,
    calls,
    streams,
    uploads,
    certificates,
    proxies,
  ]
  for (const table of [...tables, lists, waits, downloads, sources]) {
    const names = table.map(({ wire }) => wire)
    expect(new Set(names).size).toBe(names.length)
  }
})
