import { tempFolder } from '../support/temp'

/** Flags that make a process kill itself before statement `n`. Without `n`, the number comes in a message. */
export async function killedAt(n = Infinity) {
  const preload = `${tempFolder('preload')}/preload.ts`
  await Bun.write(
    preload,
    `import { Database } from 'bun:sqlite'
    const { query } = Database.prototype
    let left = ${n}
    if (process.send) process.on('message', (n) => {
      left = n
      process.send('ready')
    })
    Database.prototype.query = function (sql) {
      if (left-- === 0) process.kill(process.pid, 'SIGKILL')
      return query.call(this, sql)
    }`,
  )
  return ['--preload', preload]
}
