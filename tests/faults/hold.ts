import { Database } from 'bun:sqlite'

// Holds the write lock: `bun tests/faults/hold.ts FILE MS`.
const [file = '', ms = '0'] = Bun.argv.slice(2)
const database = new Database(file)
database.run('begin immediate')
console.info('locked')
await Bun.sleep(Number(ms))
database.run('rollback')
database.close()
