import type { Plan } from './plan'
import { median, startSite } from './processes'
import { atMost, type Row } from './table'

/** (i): from nothing to the first page, with a database that is up to date. */
export async function measureStarts(database: string, { starts }: Plan): Promise<Row[]> {
  const took: number[] = []
  for (let i = 0; i < starts; i++) {
    const site = await startSite(database)
    took.push(site.startedIn)
    await site.stop()
  }
  const middle = median(took)
  return [
    { id: 'i', what: 'from the start to the first answer', value: middle, unit: 'ms', ...atMost(300, middle, ' ms') },
  ]
}
