/** Time and counter in base 36 with fixed lengths. The id is greater than `last`, even after the clock was set back. */
export function nextId(last: string | undefined, at: number) {
  const prefix = idPrefixAt(at)
  const [lastPrefix = '', counter = ''] = last?.split('-') ?? []
  if (lastPrefix < prefix) return `${prefix}-0000`
  return `${lastPrefix}-${(Number.parseInt(counter, 36) + 1).toString(36).padStart(4, '0')}`
}

export const idPrefixAt = (at: number) => at.toString(36).padStart(9, '0')
