import { expect, test } from 'bun:test'

/** Runs a program that logs in its own process, and parses its output. */
async function runAndParse(program: string) {
  const code = `import { openLog } from './src/lib/log'; const log = await openLog('json'); ${program}`
  const child = Bun.spawn([process.execPath, '-e', code], { stdout: 'pipe', stderr: 'pipe' })
  const lines = (await new Response(child.stdout).text()).trimEnd().split('\n')
  return lines.filter(Boolean).map((line): { msg: string } => JSON.parse(line))
}

const messages = async (program: string) => (await runAndParse(program)).map(({ msg }) => msg)

test.each(['', 'process.exit(3)', 'throw new Error("x")', 'await Promise.reject(new Error("x"))'])(
  'a process that ends by "%s" writes its last lines',
  async (end) => {
    expect(await messages(`log.info({}, 'one'); log.error({}, 'two'); ${end}`)).toEqual(['one', 'two'])
  },
)

test('a running process writes several log lines with one write', async () => {
  const program = `
    const fs = require('node:fs')
    const { writeSync } = fs
    const written = Promise.withResolvers()
    fs.writeSync = (fd, text) => { written.resolve(String(text)); return Buffer.byteLength(text) }
    for (let i = 0; i < 3; i++) log.info({}, 'line ' + i)
    setTimeout(() => undefined, 60_000) // the timer of the log does not keep the process running
    const lines = (await written.promise).trimEnd().split('\\n').length
    fs.writeSync = writeSync
    process.stdout.write(JSON.stringify({ msg: 'lines: ' + lines }) + '\\n')
    process.exit()`
  expect(await messages(program)).toEqual(['lines: 3'])
})

test('ten thousand log lines arrive in order', async () => {
  const logged = await messages(`for (let i = 0; i < 10000; i++) log.info({}, 'line ' + i)`)
  expect(logged).toEqual(Array.from({ length: 10_000 }, (_, i) => `line ${i}`))
})

test('a reader that closes the pipe does not stop the process or its exit', async () => {
  const code = `import { openLog } from './src/lib/log'; const log = await openLog('json')
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 1000; j++) log.info({}, 'line')
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    process.exit(7)`
  const child = Bun.spawn([process.execPath, '-e', code], { stdout: 'pipe', stderr: 'pipe' })
  await child.stdout.cancel()
  expect(await child.exited).toBe(7)
})

test.skipIf(process.platform !== 'linux')('a full disk does not stop the process or its exit', async () => {
  const code = `import { openLog } from './src/lib/log'; const log = await openLog('json')
    for (let i = 0; i < 3000; i++) log.info({}, 'line')
    process.exit(7)`
  const child = Bun.spawn([process.execPath, '-e', code], { stdout: Bun.file('/dev/full'), stderr: 'pipe' })
  expect(await child.exited).toBe(7)
})
