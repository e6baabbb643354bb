import { Html } from './html'

const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
const date = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' })
const time = new Intl.DateTimeFormat('en', { timeStyle: 'short', timeZone: 'UTC' })

type LocalTimeProps = {
  /** Epoch milliseconds. */
  at: number
  /** `date`: only the day. `time`: only the time of day. `relative-day`: the day, or with scripts a relative time. */
  show?: 'relative' | 'relative-day' | 'exact' | 'date' | 'time'
}

/**
 * The exact time in UTC. `public/times.js` replaces it by a relative time like `2 minutes ago`, or by the exact time in the
 * time zone of the browser, which is also the tooltip.
 */
export const LocalTime = ({ at, show = 'relative' }: LocalTimeProps) => (
  <time datetime={new Date(at).toISOString()} data-show={show.startsWith('relative') ? undefined : show} safe>
    {formatUtc(at, show)}
  </time>
)

const formatUtc = (at: number, show: LocalTimeProps['show']) =>
  show === 'date' || show === 'relative-day'
    ? date.format(at)
    : show === 'time'
      ? `${time.format(at)} UTC`
      : exactUtc(at)

/** For texts without scripts. */
export const exactUtc = (at: number) => `${exact.format(at)} UTC`
export const dateUtc = (at: number) => date.format(at)
