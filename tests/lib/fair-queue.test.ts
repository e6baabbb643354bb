import { expect, test } from 'bun:test'
import { createFairQueue, QueueFull } from '@/lib/fair-queue'

/** Each job runs until `end`. */
function openQueue(limits = { concurrency: 2, maxWaiting: 4, maxWaitingPerKey: 3 }) {
  const queue = createFairQueue(limits)
  const started: string[] = []
  const ends = new Map<string, () => void>()
  const run = (key: string, name: string) =>
    queue.run(key, () => {
      started.push(name)
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)))
    })
  async function end(name: string) {
    ends.get(name)?.()
    await new Promise(setImmediate)
  }
  return { run, end, started }
}

test('`concurrency` jobs run at once, and the next job starts when one of them ends', async () => {
  const { run, end, started } = openQueue()
  const all = ['a', 'b', 'c'].map((name) => run('eve', name))
  expect(started).toEqual(['a', 'b'])
  await end('b')
  expect(started).toEqual(['a', 'b', 'c'])
  await end('a')
  await end('c')
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c'])
})

test('a key with one job waits for one job of a key with many', async () => {
  const { run, end, started } = openQueue({ concurrency: 1, maxWaiting: 4, maxWaitingPerKey: 3 })
  for (const name of ['eve 1', 'eve 2', 'eve 3', 'eve 4']) void run('eve', name)
  void run('ann', 'ann 1')
  for (const name of ['eve 1', 'eve 2', 'ann 1', 'eve 3']) await end(name)
  expect(started).toEqual(['eve 1', 'eve 2', 'ann 1', 'eve 3', 'eve 4'])
})

test('a key over its limit is rejected while others find room, and a full queue rejects every key', async () => {
  const { run, started } = openQueue()
  for (const name of ['1', '2', '3', '4', '5']) void run('eve', name).catch(() => undefined)
  expect(run('eve', 'over the limit of a key')).rejects.toThrow(QueueFull)
  for (const key of ['ann', 'bob', 'zoe']) void run(key, key)
  expect(run('kim', 'over the total limit')).rejects.toThrow(QueueFull)
  expect(started).toEqual(['1', '2'])
})

test('a full queue drops the newest job of the longest key for a new key, and the order of the rest stays', async () => {
  const { run, end, started } = openQueue({ concurrency: 1, maxWaiting: 4, maxWaitingPerKey: 3 })
  const sent = ['eve 1', 'eve 2', 'eve 3', 'eve 4', 'bob 1'].map((name) => run(name.slice(0, 3), name))
  const queued = run('ann', 'ann 1')
  expect(sent[3]).rejects.toThrow(QueueFull)
  for (const name of ['eve 1', 'eve 2', 'bob 1', 'ann 1', 'eve 3']) await end(name)
  expect(await queued).toBe('ann 1')
  expect(started).toEqual(['eve 1', 'eve 2', 'bob 1', 'ann 1', 'eve 3'])
})

test('a job that fails frees its place', async () => {
  const queue = createFairQueue({ concurrency: 1, maxWaiting: 1, maxWaitingPerKey: 1 })
  expect(queue.run('eve', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await queue.run('eve', async () => 'done')).toBe('done')
  expect(await queue.run('eve', async () => 'done again')).toBe('done again')
})
