import { isFailedLoginId } from './failed-logins'

/** The last ids that were read from `security_events` and `failed_logins`. Ids grow within one table only. */
export type EventCursor = { event: string; failedLogin: string }

export const formatCursor = ({ event, failedLogin }: EventCursor) => `${event},${failedLogin}`

/** Accepts any text: a forged cursor only selects other events of the sender's own account. */
export function parseCursor(text: string): EventCursor {
  const [event = '', failedLogin = ''] = text.split(',')
  return { event, failedLogin }
}

export const isAfter = (id: string, { event, failedLogin }: EventCursor) =>
  id > (isFailedLoginId(id) ? failedLogin : event)

export const advance = (cursor: EventCursor, id: string): EventCursor =>
  isFailedLoginId(id) ? { ...cursor, failedLogin: id } : { ...cursor, event: id }

export const earliest = (cursors: EventCursor[]): EventCursor => ({
  event: cursors.map(({ event }) => event).toSorted()[0] ?? '',
  failedLogin: cursors.map(({ failedLogin }) => failedLogin).toSorted()[0] ?? '',
})
