/** Milliseconds and a counter, in digits and small letters of fixed length: later ids are greater, whatever the clock does. */
export function nextId(last: string | undefined, at: number) {
  const moment = idPrefixAt(at)
  const [then = '', turn = ''] = last?.split('-') ?? []
  return then >= moment ? `${then}-${(Number.parseInt(turn, 36) + 1).toString(36).padStart(4, '0')}` : `${moment}-0000`
}

/** What the ids of a moment begin with. The primary key is in the order of time by that. */
export const idPrefixAt = (at: number) => at.toString(36).padStart(9, '0')
