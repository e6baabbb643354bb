import { getSchemaValidator, t } from 'elysia'
import { days, seconds } from '@/lib/durations'

const [minimum, maximum] = [seconds(1), days(400)] // browsers keep no cookie longer (RFC 6265bis)

/** How long a device may be remembered. Not t.Integer: that takes the text '2000' for a number. */
export const lifetimeSchema = t.Number({
  minimum,
  maximum,
  multipleOf: 1,
  description: `a whole number of milliseconds from ${minimum} to ${maximum}`,
})

const check = getSchemaValidator(lifetimeSchema, { normalize: false, coerce: false })

export const isLifetime = (ms: number) => check.Check(ms)
