import { expect, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { minutes } from '@/lib/duration'
import { sha256 } from '@/lib/encoding'
import { createCode, verifyCode } from '@/model/one-time-tokens/codes'
import { consumeOneTimeToken, issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { annAndEve } from '../../support/people'

const FLOW = 'the flow cookie of this browser'
const client = { fingerprint: '', userAgent: '', ip: '', source: '203.0.113.7' }

/** Ann’s browser asked for a code, and the mail was sent. */
async function annWithCode() {
  const site = await annAndEve()
  const { deps, users } = site
  const send = async () => {
    const code = await createCode(deps)
    await inTransaction(
      deps,
      (deps) => issueOneTimeToken(deps, 'verify-email', users.ann, { codeHash: code.hash, flowHash: sha256(FLOW) }),
      { locks: [] },
    )
    return code.text
  }
  const enter = (code: string, flow: string | undefined = FLOW) => verifyCode(deps, 'verify-email', flow, code, client)
  const enterTimes = async (code: string, times: number) => {
    const kinds: string[] = []
    for (let i = 0; i < times; i++) kinds.push((await enter(code)).kind)
    return kinds
  }
  return { ...site, code: await send(), send, enter, enterTimes }
}

const wrongFor = (code: string) => `${(Number(code) + 1) % 10 ** 8}`.padStart(8, '0')

test('a code has 8 digits, and small random numbers keep their zeros', async () => {
  const { deps } = await annAndEve()
  const draws = [Uint8Array.of(0xff, 0xff, 0xff, 0xff), Uint8Array.of(0, 0, 0, 7)] // the first is discarded
  const code = await createCode({ ...deps, random: (bytes) => draws.shift() ?? deps.random(bytes) })
  expect(code.text).toBe('00000007')
  expect(code.hash).toStartWith('$argon2id$')
})

test('the code of the newest mail works, with spaces and dashes, and is used once', async () => {
  const { deps, users, code, send, enter } = await annWithCode()
  const newest = await send()
  expect(await enter(code)).toEqual({ kind: 'wrong' })
  const checked = await enter(` ${newest.slice(0, 4)}-${newest.slice(4)} `)
  if (checked.kind !== 'ok') throw new Error('the code was refused')
  const use = () =>
    inTransaction(deps, (deps) => consumeOneTimeToken(deps, 'verify-email', checked), { locks: userLocks(users.ann) })
  expect((await use())?.user_id).toBe(users.ann.id)
  expect(await use()).toBeUndefined()
})

test('a code works only in the browser that asked for it, and only for its purpose', async () => {
  const { deps, code, enter } = await annWithCode()
  expect(await enter(code, 'the cookie of another browser')).toEqual({ kind: 'wrong' })
  expect(await enter(code, '')).toEqual({ kind: 'wrong' })
  expect(await verifyCode(deps, 'login-code', FLOW, code, client)).toEqual({ kind: 'wrong' })
  expect((await enter(code)).kind).toBe('ok')
})

test('a code works for 30 minutes, and the link of the same mail longer', async () => {
  const { deps, advance, code, enter } = await annWithCode()
  advance(minutes(30) - 1)
  expect((await enter(code)).kind).toBe('ok')
  advance(1)
  expect(await enter(code)).toEqual({ kind: 'wrong' })
  expect(await deps.db.selectFrom('one_time_tokens').select('expires_at').execute()).not.toEqual([])
})

test('after five wrong codes the right one fails, until another mail is sent', async () => {
  const { code, send, enter, enterTimes } = await annWithCode()
  expect(await enterTimes(wrongFor(code), 5)).toEqual(['wrong', 'wrong', 'wrong', 'wrong', 'exhausted'])
  expect(await enter(code)).toEqual({ kind: 'exhausted' })
  expect((await enter(await send())).kind).toBe('ok')
})

test('of twenty codes at once five are checked', async () => {
  const { deps, code, enter } = await annWithCode()
  const { run } = deps.hashQueue
  let hashes = 0
  deps.hashQueue.run = (source, work) => (++hashes, run(source, work))
  const checks = await Promise.all(Array.from({ length: 20 }, () => enter(wrongFor(code))))
  expect(hashes).toBe(5)
  expect(checks.filter(({ kind }) => kind === 'wrong')).toHaveLength(4)
  expect(checks.filter(({ kind }) => kind === 'exhausted')).toHaveLength(16)
})

test('a check costs one hash, whether or not a mail was sent', async () => {
  const { deps, code, enter } = await annWithCode()
  const { run } = deps.hashQueue
  let hashes = 0
  deps.hashQueue.run = (source, work) => (++hashes, run(source, work))
  await enter(wrongFor(code))
  await enter(wrongFor(code), 'the cookie of another browser')
  expect(hashes).toBe(2)
})

test('wrong codes count for their source, and right ones do not', async () => {
  const { deps, advance, send, enter, enterTimes, code } = await annWithCode()
  for (let i = 0; i < 30; i++) {
    advance(minutes(1))
    expect((await enter(await send())).kind).toBe('ok')
  }
  const { max } = deps.config.limits['code-attempt'].source[0] ?? { max: 0 }
  for (let mails = 0; mails < max / 5; mails++) {
    await send()
    await enterTimes(wrongFor(code), 5)
  }
  expect(await enter(await send())).toMatchObject({ kind: 'rate-limited', by: 'source' })
})

test('codes that are entered after five wrong ones count for the source as well', async () => {
  const { deps, code, enter, enterTimes } = await annWithCode()
  const { max, window } = deps.config.limits['code-attempt'].source[0] ?? { max: 0, window: 0 }
  await enterTimes(wrongFor(code), max)
  expect(await enter(code)).toEqual({ kind: 'rate-limited', by: 'source', retryAfterMs: window })
})
