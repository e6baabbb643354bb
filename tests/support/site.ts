import { engineOf, isPostgres } from '@db/engine/engine'
import { noChannel } from '@db/sqlite/channel'
import { createApp, type Feature } from '@/app'
import { readConfig } from '@/config/env'
import type { Deps } from '@/deps/deps'
import type { AuthEvent } from '@/deps/events'
import { seconds } from '@/lib/duration'
import { createHashQueue } from '@/lib/hash-queue'
import { createKeyRing } from '@/lib/key-ring'
import { openLog } from '@/lib/log'
import type { Http } from '@/deps/http'
import type { AuthOptions } from '@/http/types/auth-options'
import { logInAs, type Wanted } from './log-in-as'
import { Browser } from './browser'
import { openTestDatabase, testSignal } from './databases'
import { loginPages } from './login-pages'
import { logDestination } from './no-stray-errors'
import { probe } from './probe'
import { openMailJob } from '@/mail-job'
import { createTestMailbox } from './mailbox'

const SECRET_KEYS = 'A'.repeat(43)

type Environment = Record<string, string>

const CHEAP = { memory: 8, time: 1 }

/** A site in memory with a clock to advance and default settings, except a cheap password hash. */
export async function openSite(env: Environment = {}, options?: AuthOptions, features: Feature[] = []) {
  let time = Date.parse('2030-01-01T12:00:00Z')
  let jumped = 0
  let draws = 0
  const events: AuthEvent[] = []
  const mailbox = createTestMailbox()
  let http: Http = (url) => Promise.reject(new Error(`no answer for ${url}: use site.answerHttp`))
  const config = readConfig({
    APP_URL: 'http://localhost',
    DATABASE_URL: 'sqlite::memory:',
    MAIL_URL: 'off',
    SECRET_KEYS,
    ...env,
  })
  const db = await openTestDatabase(config.databaseUrl)
  const random = (bytes: number) => new Bun.CryptoHasher('sha512').update(`${++draws}`).digest().subarray(0, bytes)
  const deps: Deps = {
    db,
    channel: noChannel,
    heldLocks: new Set(),
    databaseError: () => engineOf(db).findFileError(),
    now: () => time,
    uptime: () => time - jumped,
    // A server on a busy machine may take longer than 100 ms, and then the next request would not see the write.
    bestEffortTimeout: isPostgres(db) ? seconds(30) : seconds(0.1),
    random,
    keys: createKeyRing(config.secretKeys, random),
    config: {
      ...config,
      passwords: { ...config.passwords, cost: { ...CHEAP } },
      recoveryCodes: { cost: { ...CHEAP } },
    },
    log: await openLog('json', logDestination),
    http: (url, init) => http(url, init),
    mailer: mailbox.mailer,
    mailboxFolder: '', // no folder: tests must not change the mailbox of a developer
    hashQueue: createHashQueue({ cores: 2 }),
    emit: (event) => void events.push(event),
  }
  const { app, auth, guards } = createApp(deps, {
    auth: options,
    features: [probe, loginPages(options), ...features],
    signal: testSignal(),
  })
  const mailJob = openMailJob(auth.deps)
  const browser = (userAgent?: string) => new Browser((request) => app.handle(request), config.appUrl, userAgent)
  return {
    /** Emitted events, oldest first. */
    events,
    app,
    /** The `deps` of handlers: events reach the listeners of `auth`. */
    deps: auth.deps,
    guards,
    /** Advances the clock by milliseconds. */
    advance: (ms: number) => void (time += ms),
    /** Sets the clock to another time. */
    setClock(ms: number) {
      jumped += ms - time
      time = ms
    },
    /** Mails that were sent, and what the mail server answers. */
    mailbox,
    /** Runs the mail job until no mail is due, or until the mail server fails. */
    deliverMail: () => mailJob.deliver(),
    answerHttp: (answer: Http) => void (http = answer),
    browser,
    /** A browser with a session of this person. All guards stay active. */
    as: (person: { email: string }, { userAgent, ...wanted }: Wanted & { userAgent?: string } = {}) =>
      logInAs(auth, browser(userAgent), person, wanted),
  }
}

/** A site that sends mail, into `site.mailbox`. */
export const mailSite = (env: Environment = {}, options?: AuthOptions, features?: Feature[]) =>
  openSite({ MAIL_URL: 'mailbox:', ...env }, options, features)

export type Site = Awaited<ReturnType<typeof openSite>>
