import { expect, test } from 'bun:test'
import { play, transitions } from '../../support/remember-states'

test.each(transitions.map((row) => [row.event, row.state, row] as const))(
  '%s of a remember series that is %s has the effects of the table',
  async (_, __, row) => {
    const { cookies, session, series, alarm } = row
    const { browser, effects, answer } = await play(row)
    expect(effects).toEqual({ cookies, session, series, alarm })
    if (answer.status === 200 && answer.set.length > 0 && alarm === 'no' && cookies.endsWith('remember'))
      expect((await browser.get('/settings/password')).status).toBe(303)
  },
)
