import { expect, test } from 'bun:test'

test.skipIf(process.platform !== 'linux')('whoever hashes gives way to whoever answers', async () => {
  const code = `
    import { readdirSync, readFileSync } from 'node:fs'
    import { getPriority } from 'node:os'
    import { createHashing } from './src/deps'
    const { run } = createHashing(2)
    const hash = () => run('x', () => Bun.password.hash('x', { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 }))
    for (let i = 0; i < 3; i++) await Promise.all([hash(), hash()]) // the first finds no threads yet
    await run('x', async () => undefined)
    const nameOf = (thread) => readFileSync('/proc/self/task/' + thread + '/comm', 'utf8').trim()
    const threads = readdirSync('/proc/self/task').map((thread) => [nameOf(thread), getPriority(Number(thread))])
    console.log(JSON.stringify(threads))`
  const child = Bun.spawn([process.execPath, '-e', code], { stdout: 'pipe' })
  const threads: [name: string, priority: number][] = JSON.parse(await new Response(child.stdout).text())
  const [pool, others] = [true, false].map((is) => threads.filter(([name]) => name.startsWith('Bun Pool') === is))
  expect(new Set(pool?.map(([, priority]) => priority))).toEqual(new Set([10]))
  expect(new Set(others?.map(([, priority]) => priority))).toEqual(new Set([0]))
})
