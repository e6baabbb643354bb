import { Html, unescaped } from './html'
import { List } from './list-row'

const format = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeZone: 'UTC' })

type DayListProps = {
  /** Newest first. `at` is in epoch milliseconds; each row shows it as its first `LocalTime`. */
  rows: { at: number; row: JSX.Element }[]
}

/** Rows under a heading per day in UTC. `public/times.js` groups them by the days of the browser's time zone. */
export const DayList = ({ rows }: DayListProps) => (
  <div class="sections" data-days>
    {Array.from(
      Map.groupBy(rows, ({ at }) => format.format(at)),
      ([day, group]) => (
        <section>
          <div class="section-head">
            <h2 safe>{day}</h2>
          </div>
          <List>{group.map(({ row }) => unescaped(row))}</List>
        </section>
      ),
    )}
  </div>
)
