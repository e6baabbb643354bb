import { Html } from './html'

const format = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })

/** Epoch milliseconds in UTC. `public/app.js` converts it to the time zone of the browser. */
export const LocalTime = ({ at }: { at: number }) => (
  <time datetime={new Date(at).toISOString()} safe>{`${format.format(at)} UTC`}</time>
)
