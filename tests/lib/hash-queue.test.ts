import { expect, test } from 'bun:test'
import { createHashQueue } from '@/lib/hash-queue'

/** The priorities of worker threads and of all other threads, in a process that hashed with these options. */
async function prioritiesWith(options: string) {
  const code = `
    import { readdirSync, readFileSync } from 'node:fs'
    import { getPriority } from 'node:os'
    import { createHashQueue } from './src/lib/hash-queue'
    const { run } = createHashQueue(${options})
    const hash = () => run('x', () => Bun.password.hash('x', { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 }))
    for (let i = 0; i < 3; i++) await Promise.all([hash(), hash()]) // the first finds no worker threads yet
    await run('x', async () => undefined)
    const nameOf = (thread) => readFileSync('/proc/self/task/' + thread + '/comm', 'utf8').trim()
    const threads = readdirSync('/proc/self/task').map((thread) => [nameOf(thread), getPriority(Number(thread))])
    console.log(JSON.stringify(threads))`
  const child = Bun.spawn([process.execPath, '-e', code], { stdout: 'pipe' })
  const threads: [name: string, priority: number][] = JSON.parse(await new Response(child.stdout).text())
  const prioritiesOf = (isWorker: boolean) => [
    ...new Set(threads.filter(([name]) => name.startsWith('Bun Pool') === isWorker).map(([, priority]) => priority)),
  ]
  return { workers: prioritiesOf(true), others: prioritiesOf(false) }
}

const onLinux = test.skipIf(process.platform !== 'linux')

onLinux('lowerPriority lowers the priority of hashing threads only', async () => {
  expect(await prioritiesWith('{ cores: 2, lowerPriority: true }')).toEqual({ workers: [10], others: [0] })
})

onLinux('without lowerPriority no thread changes its priority', async () => {
  expect(await prioritiesWith('{ cores: 2 }')).toEqual({ workers: [0], others: [0] })
})

test('workers share the cores of the machine', async () => {
  const startedBy = async (processes: number) => {
    const { run } = createHashQueue({ cores: 4, processes })
    let started = 0
    for (let i = 0; i < 8; i++) void run('x', () => new Promise(() => void started++))
    await Promise.resolve()
    return started
  }
  expect([await startedBy(1), await startedBy(2), await startedBy(3), await startedBy(8)]).toEqual([4, 2, 2, 1])
})
