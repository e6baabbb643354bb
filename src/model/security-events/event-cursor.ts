import { isFailedLoginId } from './failed-logins'

/** A place in a user's history: the newest id of each of its two tables. Ids grow within one table only. */
export type EventCursor = { event: string; failedLogin: string }

/** The cursor as one text, the id of a server-sent event. */
export const formatCursor = ({ event, failedLogin }: EventCursor) => `${event},${failedLogin}`

/** Any text is a cursor: a made-up one shows its sender too much or too little of their own history. */
export function parseCursor(text: string): EventCursor {
  const [event = '', failedLogin = ''] = text.split(',')
  return { event, failedLogin }
}

/** Whether the row with this id comes after the cursor. */
export const isAfter = (id: string, { event, failedLogin }: EventCursor) =>
  id > (isFailedLoginId(id) ? failedLogin : event)

export const advance = (cursor: EventCursor, id: string): EventCursor =>
  isFailedLoginId(id) ? { ...cursor, failedLogin: id } : { ...cursor, event: id }

/** The cursor from which all of these have what they lack. */
export const earliest = (cursors: EventCursor[]): EventCursor => ({
  event: cursors.map(({ event }) => event).toSorted()[0] ?? '',
  failedLogin: cursors.map(({ failedLogin }) => failedLogin).toSorted()[0] ?? '',
})
