import { copyFileSync } from 'node:fs'
import { filledDatabase } from './fill'
import type { Plan } from './plan'
import { run } from './processes'
import { atMost, type Row } from './table'

type Result = { batches: number; p50: number; p99: number; worst: number }

/** (g) ends before the first run of the retention job, so its batches are measured separately. */
export async function measureRetention(folder: string, { users, batches }: Plan): Promise<Row[]> {
  const copy = `${folder}/retention.sqlite`
  copyFileSync(await filledDatabase(users.medium), copy)
  const { batches: done, p50, p99, worst } = await run<Result>('tests/bench/retention-batch.ts', copy, `${batches}`)
  const what = `the longest of ${done.toLocaleString('en')} retention batches`
  return [{ id: 'g retention', what, value: worst, unit: 'ms', p50, p99, ...atMost(5, p99, ' ms at p99') }]
}
