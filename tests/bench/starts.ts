import type { Plan } from './plan'
import { median, startSite } from './processes'
import { atMost, type Row } from './table'

/** (i): the time until the first response, without pending migrations. */
export async function measureStarts(database: string, { starts }: Plan): Promise<Row[]> {
  const times: number[] = []
  for (let i = 0; i < starts; i++) {
    const site = await startSite(database)
    times.push(site.startedIn)
    await site.stop()
  }
  const middle = median(times)
  return [
    { id: 'i', what: 'from the start to the first answer', value: middle, unit: 'ms', ...atMost(300, middle, ' ms') },
  ]
}
