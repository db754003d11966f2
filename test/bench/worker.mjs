// One subject doing one kind of work, in a process of its own. Runs on any Node that the library runs on.
// The parent sends how many units to do; what they cost in CPU and wall time, and the peak of memory, is sent back.
const [subject, work, port] = process.argv.slice(2)

const { prepare } = await import(`./subjects/${subject}.mjs`)
const operation = (await prepare(Number(port)))[work.replace(/ at once$/, '')]
const MIB = 1024 * 1024

async function oneAfterAnother(count) {
  for (let done = 0; done < count; done++) await operation()
}
async function fiftyAtOnce(count) {
  let started = 0
  const line = async () => {
    while (started++ < count) await operation()
  }
  await Promise.all(Array.from({ length: 50 }, line))
}
const perform = work.endsWith(' at once')
  ? fiftyAtOnce
  : /^(up|down)/.test(work)
    ? count => operation(count * MIB)
    : oneAfterAnother

process.on('message', async count => {
  const began = performance.now()
  const before = process.cpuUsage()
  try {
    await perform(count)
    const { user, system } = process.cpuUsage(before)
    const wall = performance.now() - began
    process.send({ cpu: (user + system) / 1000, user: user / 1000, wall, peak: process.resourceUsage().maxRSS * 1024 })
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) })
  }
})
process.on('disconnect', () => process.exit())
process.send('ready')
