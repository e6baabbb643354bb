import { expect, test } from 'bun:test'
import { recordEvent } from '@/model/security-events/security-events'
import { annLoggedIn } from '../../support/people'
import { CLOSED, happened, listen } from '../../support/stream'

/** Ann's page was disconnected while `count` tokens were created. */
async function annAway(count: number) {
  const site = await annLoggedIn()
  const page = await listen(site, site.annsBrowser)
  const { id = '' } = await page.next()
  await page.cancel()
  for (let i = 0; i < count; i++)
    await recordEvent(site.deps, { kind: 'token-created', userId: site.users.ann.id, tokenId: `${i}` })
  const events = site.deps.db.selectFrom('security_events').select('id').where('user_id', '=', site.users.ann.id)
  const missed = (
    await events
      .where('id', '>', id.split(',')[0] ?? '')
      .orderBy('id')
      .execute()
  ).map((event) => event.id)
  const [, failedLogins] = id.split(',')
  return {
    ...site,
    id,
    missed: missed.map((id) => `${id},${failedLogins}`),
    back: (id: string) => listen(site, site.annsBrowser, { 'last-event-id': id }),
  }
}

test('a client that missed more events than one batch receives each of them once, in several batches', async () => {
  const { id, missed, back } = await annAway(150)
  const received: string[] = []
  for (let turns = 0; received.length < 150 && turns < 4; turns++) {
    const page = await back(received.at(-1) ?? id)
    expect(await page.next()).toMatchObject({ event: 'connected' })
    for (let n = 0; n < 63 && received.length < 150; n++) {
      const message = await page.next()
      expect(message).toEqual(happened('token-created'))
      received.push(message.id ?? '')
    }
    if (received.length < 150) expect(await page.next()).toEqual(CLOSED)
  }
  expect(received).toEqual(missed)
})

test('an invented last event id replays no events of another user', async () => {
  const { back, users, deps } = await annAway(2)
  await recordEvent(deps, { kind: 'token-revoked', userId: users.eve.id, tokenId: 'x' })
  for (const id of ['0', '~', '%', "' or 1=1 --", ',', '~,~,~']) {
    const page = await back(id)
    expect(page.status).toBe(200)
    expect(await page.next()).toMatchObject({ event: 'connected', data: {}, retry: '2000' })
    await page.cancel()
  }
  const all = await back('0')
  await all.next()
  const kinds = [await all.next(), await all.next(), await all.next(), await all.next()]
  expect(kinds).toEqual(['signed-up', 'logged-in', 'token-created', 'token-created'].map((kind) => happened(kind)))
})
