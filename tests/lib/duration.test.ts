import { expect, test } from 'bun:test'
import { days, formatAge, hours, formatDuration, minutes, seconds } from '@/lib/duration'

test('durations are in milliseconds and are formatted with their unit', () => {
  expect([seconds(1), minutes(1), hours(1), days(1)]).toEqual([1000, 60_000, 3_600_000, 86_400_000])
  expect([seconds(1), seconds(90), minutes(1), minutes(5), hours(12), days(1)].map(formatDuration)).toEqual([
    '1 second',
    '90 seconds',
    '1 minute',
    '5 minutes',
    '12 hours',
    '24 hours',
  ])
})

test('an age has whole units, and the largest that fits', () => {
  const ages = [minutes(1) - 1, minutes(1), hours(1) - 1, hours(3) + minutes(59), days(1), days(2) - 1]
  expect(ages.map(formatAge)).toEqual(['less than a minute', '1 minute', '59 minutes', '3 hours', '1 day', '1 day'])
})
