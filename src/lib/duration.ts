import { quantity } from './quantity'

// All durations and times are in milliseconds.
export const seconds = (n: number) => n * 1000
export const minutes = (n: number) => n * 60_000
export const hours = (n: number) => n * 3_600_000
export const days = (n: number) => n * 86_400_000

/** In whole units: `12 minutes`, `3 hours` or `2 days`. */
export function formatAge(ms: number) {
  if (ms < minutes(1)) return 'less than a minute'
  const [n, unit] =
    ms < hours(1) ? [ms / minutes(1), 'minute'] : ms < days(1) ? [ms / hours(1), 'hour'] : [ms / days(1), 'day']
  return quantity(Math.floor(n), unit)
}

/** `14 days`, `12 hours`, `5 minutes` or `90 seconds`. One day is `24 hours`. */
export function formatDuration(ms: number) {
  const [n, unit] =
    ms % days(1) === 0 && ms > days(1)
      ? [ms / days(1), 'day']
      : ms % hours(1) === 0
        ? [ms / hours(1), 'hour']
        : ms % minutes(1) === 0
          ? [ms / minutes(1), 'minute']
          : [ms / 1000, 'second']
  return quantity(n, unit)
}
