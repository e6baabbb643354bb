import { openDb } from '@db/open'
import { createApp, type Feature } from '@/app'
import { readConfig } from '@/config/env'
import type { Deps } from '@/deps/deps'
import type { AuthEvent } from '@/deps/events'
import { createHashQueue } from '@/lib/hash-queue'
import { openLog } from '@/lib/log'
import type { Http } from '@/deps/http'
import type { AuthOptions } from '@/http/types'
import { logInAs, type Wanted } from './log-in-as'
import { Browser } from './browser'
import { loginPages } from './login-pages'
import { logDestination } from './no-stray-errors'
import { probe } from './probe'

type Environment = Record<string, string>

/** A whole site in memory, with a clock to push. Its settings are the defaults, but for a hash that costs next to nothing. */
export async function openSite(env: Environment = {}, options?: AuthOptions, features: Feature[] = []) {
  let time = Date.parse('2030-01-01T12:00:00Z')
  let draws = 0
  const events: AuthEvent[] = []
  let http: Http = (url) => Promise.reject(new Error(`no answer for ${url}: use site.answerHttp`))
  const config = readConfig({ APP_URL: 'http://localhost', DATABASE_URL: 'sqlite::memory:', ...env })
  const deps: Deps = {
    db: await openDb(config.databaseUrl),
    now: () => time,
    random: (bytes) => new Bun.CryptoHasher('sha512').update(`${++draws}`).digest().subarray(0, bytes),
    config: { ...config, passwords: { ...config.passwords, cost: { memory: 8, time: 1 } } },
    log: await openLog('json', logDestination),
    http: (url, init) => http(url, init),
    hashQueue: createHashQueue({ cores: 2 }),
    emit: (event) => void events.push(event),
  }
  const { app, auth, guards } = createApp(deps, { auth: options, features: [probe, loginPages(options), ...features] })
  const browser = (userAgent?: string) => new Browser((request) => app.handle(request), config.appUrl, userAgent)
  return {
    /** What was told so far, oldest first. */
    events,
    app,
    /** As handlers get them: events reach the listeners of `auth`, too. */
    deps: auth.deps,
    /** For routes that a test adds. */
    guards,
    /** Moves the clock by so many milliseconds. */
    advance: (ms: number) => void (time += ms),
    /** Answers requests to other servers from now on. */
    answerHttp: (answer: Http) => void (http = answer),
    browser,
    /** A browser in which this person is logged in; nothing about the guards is switched off. */
    as: (person: { email: string }, { userAgent, ...wanted }: Wanted & { userAgent?: string } = {}) =>
      logInAs(auth, browser(userAgent), person, wanted),
  }
}

export type Site = Awaited<ReturnType<typeof openSite>>
