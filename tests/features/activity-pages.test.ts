import { expect, test } from 'bun:test'
import { recordEvent } from '@/model/security-events/security-events'
import { annAndEve, ann, eve } from '../support/people'

/** Ann's history with `count` created tokens besides the sign-up; half of them in the same millisecond. */
async function annWithHistory(count: number) {
  const site = await annAndEve()
  const { deps, users, advance } = site
  const happen = (n: number) =>
    recordEvent(deps, { kind: 'token-created', userId: users.ann.id, tokenId: 'x' }, { subject: `No. ${n}` })
  for (let n = 2; n <= count; n++) {
    await happen(n)
    if (n % 2) advance(1)
  }
  const anns = await site.as(ann)
  const read = async (path: string) => {
    const { html } = await anns.get(path)
    const texts = [...html.matchAll(/<b><bdi>([^<]*)<\/bdi><\/b>/g)].map(([, text = '']) => text)
    const lines = texts.map((text) => Number(/No\. (\d+)/.exec(text)?.[1] ?? '1'))
    const link = (text: string) => new RegExp(`href="([^"]*)"[^>]*>${text}<`).exec(html)?.[1]
    return { lines, older: link('Older'), newer: link('Newer'), html }
  }
  return { ...site, anns, happen, read }
}

const from = (last: number, first: number) => Array.from({ length: last - first + 1 }, (_, i) => last - i)

test('fifty-one events fill three pages without gaps or repeats', async () => {
  const { read } = await annWithHistory(51)
  const first = await read('/settings/activity')
  const second = await read(first.older ?? '')
  const third = await read(second.older ?? '')
  expect([first.lines, second.lines, third.lines]).toEqual([from(51, 32), from(31, 12), from(11, 1)])
  expect([first.newer, third.older]).toEqual([undefined, undefined])
  const back = await read(third.newer ?? '')
  expect(back.lines).toEqual(second.lines)
  const start = await read(back.newer ?? '')
  expect([start.lines, start.newer]).toEqual([first.lines, undefined])
})

test('an event between two page requests causes no gap and no repeat', async () => {
  const { read, happen } = await annWithHistory(41)
  const first = await read('/settings/activity')
  for (const n of [42, 43]) await happen(n)
  const second = await read(first.older ?? '')
  await happen(44)
  const third = await read(second.older ?? '')
  expect([...first.lines, ...second.lines, ...third.lines]).toEqual(from(41, 1))
  expect((await read('/settings/activity')).lines).toEqual(from(44, 25))
})

test.each([
  [20, 'no'],
  [21, 'an'],
])('with %i events the first page shows twenty and links to %s older one', async (count, an) => {
  const { lines, older } = await (await annWithHistory(count)).read('/settings/activity')
  expect([lines.length, older ? 'an' : 'no']).toEqual([20, an])
})

test('no query parameter shows the events of another user', async () => {
  const { as, read } = await annWithHistory(3)
  const eves = await as(eve)
  const { older } = await (await annWithHistory(21)).read('/settings/activity')
  for (const path of [
    older ?? '',
    '/settings/activity?before=~',
    '/settings/activity?before=%00',
    '/settings/activity?before=',
  ])
    expect((await eves.get(path)).html).not.toContain('No. ')
  expect((await read('/settings/activity?before=~')).lines).toEqual([3, 2, 1])
  expect((await read('/settings/activity?before=0')).html).toContain('No events yet<')
  for (const path of ['/settings/activity?after=~', '/settings/activity?after=0', '/settings/activity?after=%00'])
    expect((await read(path)).lines).toEqual([3, 2, 1])
})

test('after the clock is set back, a later event still appears first', async () => {
  const { advance, happen, read } = await annWithHistory(3)
  advance(-60_000)
  await happen(4)
  await happen(5)
  advance(60_000)
  expect((await read('/settings/activity')).lines).toEqual(from(5, 1))
})
