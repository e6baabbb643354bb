// Preloaded into a server: reports processor time in microseconds and memory in bytes to the parent process.
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpu: user + system, rss: process.memoryUsage.rss() })
})
