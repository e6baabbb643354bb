import { expect, test } from 'bun:test'
import { transitions } from '../../support/remember-states'

test('the table of states in the documentation has the rows that are tested', async () => {
  const text = await Bun.file('docs/explanation/remember-me.md').text()
  const rows = text.split('\n').filter((line) => line.startsWith('| '))
  const cells = rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
  expect(cells).toEqual(
    transitions.map(({ state, event, cookies, session, series, alarm }) => [
      state,
      event,
      cookies,
      session,
      series,
      alarm,
    ]),
  )
})
