import { Html } from './html'

const format = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })

type LocalTimeProps = {
  /** Epoch milliseconds. */
  at: number
  /** `date`: only the day. `time`: only the time of day. */
  show?: 'relative' | 'exact' | 'date' | 'time'
}

/**
 * The exact time in UTC. `public/app.js` replaces it by a relative time like `2 minutes ago`, or by the exact time in the
 * time zone of the browser, which is also the tooltip.
 */
export const LocalTime = ({ at, show = 'relative' }: LocalTimeProps) => (
  <time
    datetime={new Date(at).toISOString()}
    data-show={show === 'relative' ? undefined : show}
    safe
  >{`${format.format(at)} UTC`}</time>
)
