import { copyFileSync } from 'node:fs'
import { filled } from './fill'
import type { Plan } from './plan'
import { run } from './processes'
import { atMost, type Row } from './table'

type Swept = { batches: number; p50: number; p99: number; worst: number }

/** What (g) would see of the broom, which begins only ten minutes after the start: how long it holds the others up. */
export async function measureSweeps(folder: string, { users, batches }: Plan): Promise<Row[]> {
  const copy = `${folder}/swept.sqlite`
  copyFileSync(await filled(users.medium), copy)
  const { batches: done, p50, p99, worst } = await run<Swept>('tests/bench/retention-batch.ts', copy, `${batches}`)
  const what = `the longest of ${done.toLocaleString('en')} batches of sweeping`
  return [{ id: 'g sweep', what, value: worst, unit: 'ms', p50, p99, ...atMost(5, p99, ' ms at p99') }]
}
