import { expect, test } from 'bun:test'

/** What a program prints that logs, in a process of its own. */
async function printed(program: string) {
  const code = `import { openLog } from './src/lib/log'; const log = await openLog('json'); ${program}`
  const child = Bun.spawn([process.execPath, '-e', code], { stdout: 'pipe', stderr: 'pipe' })
  const lines = (await new Response(child.stdout).text()).trimEnd().split('\n')
  return lines.filter(Boolean).map((line): { msg: string } => JSON.parse(line))
}

const messages = async (program: string) => (await printed(program)).map(({ msg }) => msg)

test('what was said last is written when the process ends, however it does', async () => {
  for (const end of ['', 'process.exit(3)', 'throw new Error("x")', 'await Promise.reject(new Error("x"))'])
    expect(await messages(`log.info({}, 'one'); log.error({}, 'two'); ${end}`)).toEqual(['one', 'two'])
})

test('what is said in one turn is one write, and the turn after it is the next', async () => {
  const program = `
    const { writeSync } = require('node:fs')
    const fs = require('node:fs')
    const sizes = []
    fs.writeSync = (fd, text) => { sizes.push(String(text).split('\\n').length - 1); return Buffer.byteLength(text) }
    for (let i = 0; i < 3; i++) log.info({}, 'first')
    await new Promise((next) => setTimeout(next, 5))
    log.info({}, 'second')
    await new Promise((next) => setTimeout(next, 5))
    writeSync(1, JSON.stringify({ msg: sizes.join() }) + '\\n')`
  expect(await messages(program)).toEqual(['3,1'])
})

test('ten thousand lines in one turn all arrive, in their order', async () => {
  const said = await messages(`for (let i = 0; i < 10000; i++) log.info({}, 'line ' + i)`)
  expect(said).toEqual(Array.from({ length: 10_000 }, (_, i) => `line ${i}`))
})
