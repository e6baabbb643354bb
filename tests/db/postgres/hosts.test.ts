import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { adviceOn, isDatabaseUnavailable } from '@db/errors'
import { DatabaseBusyError, DatabaseUnreachableError } from '@db/postgres/errors'
import { connectToPrimary, type HostState } from '@db/postgres/hosts'
import { connectionError, fakePool, postgresError } from '../../support/fake-pool'
import { startError, stopStarted } from '../../support/process'

afterEach(stopStarted)

setDefaultTimeout(60_000)

const [A, B] = ['postgres://ann:secret@a:5432/app', 'postgres://ann:secret@b:5432/app']
const primary = (timeline = '00000001'): HostState => ({ isPrimary: true, timeline })
const standby: HostState = { isPrimary: false, timeline: '' }
const unreachable = new DatabaseUnreachableError('query failed')

/** Hosts that answer what `states` holds. Time passes by `pass`. */
function openHosts(states: Record<string, HostState | 'full' | undefined>) {
  const pools: Record<string, ReturnType<typeof fakePool>[]> = {}
  const notices: string[] = []
  const moves: string[] = []
  const timers: { milliseconds: number; resolve(): void }[] = []
  const hosts = connectToPrimary(Object.keys(states), {
    open(url) {
      const opened = fakePool()
      ;(pools[url] ??= []).push(opened)
      return opened.pool
    },
    async ask(url) {
      const state = states[url]
      if (!state) throw connectionError('REFUSED')
      return state
    },
    sleep: (milliseconds) => new Promise((resolve) => timers.push({ milliseconds, resolve })),
    onNotice: (message) => void notices.push(message),
  })
  hosts.onMoved((url) => void moves.push(url))
  /** Ends every sleep of at most these milliseconds. */
  async function pass(milliseconds: number) {
    await settle()
    for (const timer of timers.splice(0))
      if (timer.milliseconds <= milliseconds) timer.resolve()
      else timers.push(timer)
    await settle()
  }
  return { hosts, states, pools, notices, moves, pass }
}

async function settle() {
  for (let n = 0; n < 20; n++) await Promise.resolve()
}

type Pools = Record<string, ReturnType<typeof fakePool>[]>

const callsOf = (pools: Pools, url: string) => pools[url]?.map(({ calls }) => calls)

function poolOf(pools: Pools, url: string, index = 0) {
  const opened = pools[url]?.[index]
  if (!opened) throw new Error(`no pool was opened for ${url}`)
  return opened.pool
}

test('a single host is used without asking it', () => {
  const { hosts, pools, notices } = openHosts({ [A]: undefined })
  expect([hosts.pool(), notices]).toEqual([poolOf(pools, A), []])
})

test('after a statement without an answer queries fail at once until the single host answers', async () => {
  const { hosts, states, pools, notices, pass } = openHosts({ [A]: undefined })
  hosts.report(unreachable, await hosts.pool())
  const first = Promise.resolve(hosts.pool()).catch((error: unknown) => error)
  await pass(50)
  expect(isDatabaseUnavailable(await first)).toBe(true)
  expect(await Promise.resolve(hosts.pool()).catch((error: Error) => error.name)).toBe('DatabaseUnreachableError')
  expect(callsOf(pools, A)).toEqual([['close']])
  states[A] = primary()
  await pass(200)
  expect(await hosts.pool()).toBe(poolOf(pools, A, 1))
  expect(notices).toEqual(['database lost: no primary answers', 'database found: the primary is a:5432'])
})

test('a slow statement of a server that answers others costs no connection', async () => {
  const { hosts, pools, notices, pass } = openHosts({ [A]: primary() })
  hosts.report(unreachable, await hosts.pool())
  await pass(0)
  expect([await hosts.pool(), callsOf(pools, A), notices]).toEqual([poolOf(pools, A), [[]], []])
})

test('a server without a free connection keeps those that are open', async () => {
  const { hosts, pools, pass } = openHosts({ [A]: 'full' })
  hosts.report(unreachable, await hosts.pool())
  await pass(0)
  expect([await hosts.pool(), callsOf(pools, A)]).toEqual([poolOf(pools, A), [[]]])
})

test.each([
  ['a lock', new DatabaseBusyError('transaction failed')],
  ['the lock timeout of the server', postgresError('55P03')],
  ['a unique index', postgresError('23505')],
  ['a lost connection to the only host', connectionError('CLOSED')],
])('queries continue after an error of %s', async (_, error) => {
  const { hosts, pools } = openHosts({ [A]: undefined })
  hosts.report(error, await hosts.pool())
  expect(hosts.pool()).toBe(poolOf(pools, A))
})

test('the primary is found among several hosts', async () => {
  const { hosts, pools, moves } = openHosts({ [A]: standby, [B]: primary() })
  expect([await hosts.pool(), await hosts.url(), moves]).toEqual([poolOf(pools, B), B, [B]])
})

test.each([
  ['a lost connection', connectionError('CLOSED')],
  ['a connection that the administrator ended', postgresError('57P01')],
  ['a server that only reads', postgresError('25006')],
  ['no answer', unreachable],
])('after %s a query waits for the standby that is promoted', async (_, error) => {
  const { hosts, states, pools, moves, pass } = openHosts({ [A]: primary(), [B]: standby })
  const old = await hosts.pool()
  states[A] = undefined
  hosts.report(error, old)
  const waiting = hosts.pool()
  await pass(0)
  expect(callsOf(pools, A)).toEqual([['close']])
  states[B] = primary('00000002')
  await pass(200)
  expect([await waiting, moves]).toEqual([poolOf(pools, B), [A, B]])
})

test('a query waits at most three seconds for a primary, and later ones fail at once', async () => {
  const { hosts, states, pools, notices, pass } = openHosts({ [A]: standby, [B]: undefined })
  const waiting = Promise.resolve(hosts.pool()).catch((error: Error) => error.name)
  await pass(200)
  await pass(3000)
  expect(await waiting).toBe('DatabaseUnreachableError')
  expect(await Promise.resolve(hosts.pool()).catch((error: Error) => error.name)).toBe('DatabaseUnreachableError')
  states[A] = primary()
  await pass(200)
  expect(await hosts.pool()).toBe(poolOf(pools, A))
  expect(notices).toEqual(['database lost: no primary answers', 'database found: the primary is a:5432'])
})

test('of two primaries the one that was promoted last is used', async () => {
  const { hosts } = openHosts({ [A]: primary('00000009'), [B]: primary('0000000A') })
  expect(await hosts.url()).toBe(B)
})

test('two primaries of one timeline are both refused, and the log says it once', async () => {
  const { hosts, notices, pass } = openHosts({ [A]: primary(), [B]: primary() })
  const waiting = Promise.resolve(hosts.pool()).catch((error: Error) => error.name)
  await pass(200)
  await pass(3000)
  expect(await waiting).toBe('DatabaseUnreachableError')
  expect(notices).toEqual(['database not used: a:5432 and b:5432 are both primary'])
})

test('the reason why no host is usable is kept for the operator', async () => {
  const { hosts, pass } = openHosts({ [A]: undefined, [B]: undefined })
  const error = Promise.resolve(hosts.pool()).catch((error: unknown) => error)
  await pass(200)
  await pass(3000)
  expect(await error).toMatchObject({ cause: { code: 'ERR_POSTGRES_CONNECTION_REFUSED' } })
  expect(adviceOn(await error)).toBe('Is the server running, and is its address right?')
  const refused = new DatabaseUnreachableError('query failed', { cause: postgresError('28P01') })
  expect(adviceOn(refused)).toBe('Check the user and the password in DATABASE_URL.')
})

test.each(['127.0.0.1:9', '127.0.0.1:9,127.0.0.2:9'])(
  'a start without a server at %s ends with one line',
  async (hosts) => {
    const { message, code } = await startError({ DATABASE_URL: `postgres://ann:secret@${hosts}/app` })
    expect([code, message.split('\n').length, message.includes('secret')]).toEqual([1, 1, false])
    expect(message).toStartWith(`Cannot open database DATABASE_URL=postgres://…@${hosts}/app: `)
    expect(message).toEndWith('. Is the server running, and is its address right?')
  },
)

test('an error of connections that were given up starts no second search', async () => {
  const { hosts, states, pass } = openHosts({ [A]: primary(), [B]: standby })
  const old = await hosts.pool()
  Object.assign(states, { [A]: undefined, [B]: primary('00000002') })
  hosts.report(unreachable, old)
  await pass(0)
  hosts.report(connectionError('CLOSED'), old)
  const now = hosts.pool()
  expect(now).not.toBeInstanceOf(Promise)
  expect(await hosts.url()).toBe(B)
})
