// Loaded before each script: tells what the process took, from its start.
process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  process.stdout.write(`${user + system} ${process.resourceUsage().maxRSS}\n`)
})
