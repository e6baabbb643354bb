import { Database } from 'bun:sqlite'
import { waitUntilListening, start } from '../support/process'
import { anyAddress, createLives, opens, type Lives } from './lives'

const AT_ONCE = 8
const REGULAR = { email: 'regular@example.test', password: 'a regular of this house' }

type Round = { checked: number; lost: string[]; restart: number }

/** Kills a server under load so many times, starts it again each time, and asks it whether it keeps what was promised. */
export async function killUnderLoad(kills: number) {
  let one = await running({})
  const rounds: Round[] = []
  await fetch(`${one.url}/signup`, { method: 'POST', body: new URLSearchParams({ ...REGULAR, name: 'Regular' }) })
  for (let kill = 0; kill < kills; kill++) {
    const lives = createLives(one.url)
    const load = Array.from({ length: AT_ONCE }, (_, i) => repeat(() => (i === 0 ? comeAgain(lives) : lives.live())))
    const enough = 5 + Math.random() * 60
    while (lives.promised() < enough) await Bun.sleep(Math.random() * 20)
    one.server.kill('SIGKILL')
    await one.server.exited
    await Promise.all(load)
    one = await running(one.settings)
    const lost = [...(await brokenPromises(lives, one.url)), ...flawsIn(one.settings.DATABASE_URL)]
    rounds.push({ checked: lives.promised(), lost, restart: one.took })
  }
  one.server.kill('SIGKILL')
  return rounds
}

async function running(settings: Record<string, string | undefined>) {
  const { PORT, DATABASE_URL } = settings
  const began = performance.now()
  const one = start({ TRUST_PROXY: '1', ...(PORT && DATABASE_URL ? { PORT, DATABASE_URL } : {}) })
  await waitUntilListening(one)
  if ((await fetch(`${one.url}/healthz`)).status !== 200) throw new Error('it came up and does not answer')
  return { ...one, took: performance.now() - began }
}

/** Until the server is gone. Only that it is gone may end it: an answer that is none of these is an error. */
async function repeat(work: () => Promise<unknown>) {
  try {
    for (;;) await work()
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('answered')) throw error
  }
}

/** Somebody with more devices than there may be. */
const comeAgain = (lives: Lives) => lives.logIn(REGULAR.email, REGULAR.password, anyAddress())

async function brokenPromises(lives: Lives, url: string) {
  const ask = opens(url)
  const lost: string[] = []
  for (const [key, promised] of lives.passwords)
    if ((await ask.password(key)) !== promised) lost.push(`the password ${key} should ${promised ? '' : 'not '}open`)
  for (const [text, promised] of lives.tokens)
    if ((await ask.token(text)) !== promised) lost.push(`a token should ${promised ? '' : 'not '}open`)
  for (const [browser, promised] of lives.sessions)
    if ((await ask.session(browser)) !== promised) lost.push(`a session should ${promised ? '' : 'not '}live`)
  for (const { email, from, to, elsewhere } of lives.changes) {
    const [old, changed] = [await ask.password(`${email} ${from}`), await ask.password(`${email} ${to}`)]
    if (old === changed) lost.push(`of two passwords of ${email} ${old ? 'both open' : 'none opens'}`)
    if ((await ask.session(elsewhere)) !== old) lost.push(`a password of ${email} was changed by half`)
  }
  return lost
}

function flawsIn(url: string) {
  const database = new Database(url.replace('sqlite:', ''), { readonly: true })
  const read = (sql: string) => database.query<Record<string, unknown>, []>(sql).all()
  const flaws = [
    ...read('pragma integrity_check').filter((row) => row.integrity_check !== 'ok'),
    ...read('pragma foreign_key_check'),
    ...read('select id from sessions where user_id not in (select id from users)'),
    ...read('select user_id from sessions where ended_at is null group by user_id having count(*) > 50'),
    ...read(`select user_id from sessions where (ended_at is null) <> (ended_reason is null)`),
  ].map((row) => JSON.stringify(row))
  database.close()
  return flaws
}
