import { Html } from './html'

const format = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })

/** A point in time (epoch milliseconds), in UTC; the page's script puts it into the reader's own time zone. */
export const Moment = ({ at }: { at: number }) => (
  <time datetime={new Date(at).toISOString()} safe>{`${format.format(at)} UTC`}</time>
)
