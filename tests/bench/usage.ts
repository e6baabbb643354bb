// Loaded before a server, so that its parent can ask what it has used: microseconds of processor time, and bytes of memory.
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpu: user + system, rss: process.memoryUsage.rss() })
})
