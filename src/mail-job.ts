import type { LinkPurpose } from '@db/mail-tables'
import type { Deps } from './deps/deps'
import { minutes, seconds } from './lib/duration'
import { maskEmails } from './lib/mask-email'
import { codeOf, outcomeOf, serverTextOf } from './lib/smtp'
import { renderMail } from './mail-templates'
import { prepareMail } from './model/accounts/prepare-mail'
import { claimDueMails, hasDueMails, type ClaimedMail } from './model/mails/claim-mails'
import { expireMails } from './model/mails/fail-mails'
import { recordFailure, recordOutage, recordSent, releaseMail } from './model/mails/record-delivery'
import { rescheduleMails } from './model/mails/retries'
import { claimAlarm } from './model/limits/rate-limits'
import { revokeOneTimeTokens } from './model/one-time-tokens/one-time-tokens'
import type { MailData } from './model/mails/mail-data'
import { saveOpened } from './model/mails/mail-counts'
import { mailSummary } from './model/mails/mails'

const INTERVAL = seconds(1)
const ERROR_PAUSE = seconds(10) // a line a second would fill the disk
const MAINTENANCE_INTERVAL = minutes(1)
const FIRST_PROBE = seconds(5)
const MAX_PROBE_PAUSE = minutes(5)
const STALLED_INTERVAL = minutes(10)
const STOP_TIMEOUT = seconds(5)
const CLOSE_TIMEOUT = seconds(1)
const PURPOSES: { [P in LinkPurpose]: P } = {
  'sign-up': 'sign-up',
  'verify-email': 'verify-email',
  'change-email': 'change-email',
  'reset-password': 'reset-password',
  'secure-account': 'secure-account',
  'login-code': 'login-code',
  'factor-reset-confirm': 'factor-reset-confirm',
  'factor-reset-finish': 'factor-reset-finish',
}

// The connection ended without an answer. A cut after the message looks the same as one before it.
const UNANSWERED = /^(ECONNECTION|ECONNRESET|EPIPE|ESOCKET|ESTREAM|ETIMEDOUT)$/

type Tokens = MailData['tokens']
type Suspect = { mail: ClaimedMail; code: string; answer: string }

/** The mail server as a whole has failed. Until a probe succeeds, no mail is claimed, so attempts and tokens are saved. */
type Outage = {
  since: number
  code: string
  /** Sent when the server failed. If the first probe succeeds, one of them may have made it fail. */
  suspects: Suspect[]
  isConfirmed: boolean
  /** The times below count by `deps.uptime`, as the clock may be set. */
  probeAt: number
  pause: number
  startedAt: number
}

export interface MailJob {
  /** Sends all mails that are due, unless the mail server fails. */
  deliver(): Promise<void>
  /** Claims no new mail, waits at most five seconds for those that are being sent, and closes all connections. */
  stop(): Promise<void>
}

/** Runs once a second. Resolves when the job has stopped, after `signal`. */
export function startMailJob(deps: Deps, signal: AbortSignal): Promise<void> {
  if (deps.config.mail.transport.kind === 'off') return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const job = openMailJob(deps)
  let timer = setTimeout(run, INTERVAL)
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    void job.stop().catch(logError).then(resolve)
  })
  return promise

  async function run() {
    const isDone = await job.deliver().then(() => true, logError)
    if (!signal.aborted) timer = setTimeout(run, isDone ? INTERVAL : ERROR_PAUSE)
  }

  function logError(error: unknown) {
    deps.log.error({ err: error }, 'mail job failed')
  }
}

export function openMailJob(deps: Deps): MailJob {
  let outage: Outage | undefined
  let maintenanceAt = -Infinity
  const stopping = new AbortController()
  let running = Promise.resolve()

  async function deliver() {
    await maintain()
    if (outage && !(await endOutage(outage))) return
    while (!stopping.signal.aborted && !outage && (await hasDueMails(deps))) {
      const claimed = await claimDueMails(deps)
      const failed = (await Promise.all(claimed.map((mail) => deliverOne(mail).catch(logError)))).filter(
        (one) => one !== undefined,
      )
      if (failed.length > 0) outage = startOutage(failed)
    }
  }

  async function maintain() {
    if (deps.uptime() < maintenanceAt) return
    maintenanceAt = deps.uptime() + MAINTENANCE_INTERVAL
    await expireMails(deps)
    await rescheduleMails(deps)
    await saveOpened(deps)
  }

  /** Returns the mail if the mail server failed as a whole. */
  async function deliverOne(mail: ClaimedMail) {
    let tokens: Tokens = {}
    let issued: string[] = []
    try {
      const prepared = await prepareMail(deps, mail)
      if (prepared.kind === 'dropped')
        return void (await recordFailure(deps, mail, { outcome: 'dropped', code: prepared.code }))
      tokens = prepared.data.tokens
      issued = [...Object.values(tokens), ...(prepared.dummyToken === undefined ? [] : [prepared.dummyToken])]
      const content = renderMail(deps.config, prepared.template, prepared.data)
      await deps.mailer.send({ id: mail.id, to: mail.recipient, ...content })
    } catch (error) {
      return handleError(mail, issued, error)
    }
    await recordSent(
      deps,
      mail,
      Object.values(PURPOSES).filter((purpose) => purpose in tokens),
    )
  }

  async function handleError(mail: ClaimedMail, issued: string[], error: unknown) {
    const [outcome, code, answer] = [outcomeOf(error), codeOf(error), serverTextOf(error, mail.recipient)]
    // The next attempt creates a new token. Without this, those of failed attempts would replace tokens that arrived.
    if (outcome !== 'server' || !UNANSWERED.test(code)) await revokeOneTimeTokens(deps, issued)
    if (outcome === 'server') return { mail, code, answer }
    if (outcome === 'unknown') deps.log.error({ mailId: mail.id, err: maskError(error) }, 'mail failed')
    else deps.log.info({ mailId: mail.id, code, answer }, 'mail not accepted')
    await recordFailure(deps, mail, { outcome: outcome === 'rejected' ? 'rejected' : 'later', code })
  }

  /** The mail stays leased, and is free in two minutes. */
  const logError = (error: unknown) => deps.log.error({ err: maskError(error) }, 'mail not recorded')

  function startOutage(suspects: Suspect[]): Outage {
    const at = deps.uptime()
    return {
      since: deps.now(),
      code: suspects[0]?.code ?? '',
      suspects,
      isConfirmed: false,
      probeAt: at + FIRST_PROBE,
      pause: FIRST_PROBE,
      startedAt: at,
    }
  }

  /** Returns true if the mail server works again. */
  async function endOutage(current: Outage) {
    if (deps.uptime() < current.probeAt) return false
    try {
      await deps.mailer.probe()
    } catch (error) {
      await continueOutage(current, error)
      return false
    }
    if (current.isConfirmed)
      deps.log.info({}, `mail server reachable again: ${(await mailSummary(deps)).waiting} waiting`)
    for (const { mail, code, answer } of current.suspects) {
      deps.log.info({ mailId: mail.id, code, answer }, 'mail not accepted')
      await recordFailure(deps, mail, { outcome: UNANSWERED.test(code) ? 'unanswered' : 'later', code })
    }
    outage = undefined
    return true
  }

  async function continueOutage(current: Outage, error: unknown) {
    current.pause = Math.min(current.pause * 2, MAX_PROBE_PAUSE)
    current.probeAt = deps.uptime() + current.pause
    current.code = codeOf(error)
    if (!current.isConfirmed) deps.log.warn({ answer: serverTextOf(error) }, `mail server unreachable: ${current.code}`)
    current.isConfirmed = true
    for (const { mail } of current.suspects.splice(0)) await releaseMail(deps, mail, current.code, current.since)
    await recordOutage(deps, current.code, current.since)
    await reportStalled(current)
  }

  async function reportStalled(current: Outage) {
    if (deps.uptime() < current.startedAt + STALLED_INTERVAL) return
    const { waiting, oldestAt } = await mailSummary(deps)
    if (oldestAt === null || !(await claimAlarm(deps, 'mail-stalled', deps.now() - STALLED_INTERVAL))) return
    const oldestMinutes = Math.floor((deps.now() - oldestAt) / minutes(1))
    deps.emit({ kind: 'mail-stalled', waiting, oldestMinutes, code: current.code })
  }

  return {
    deliver: () => (running = deliver()),
    async stop() {
      stopping.abort()
      const settled = running.catch(() => undefined)
      await Promise.race([settled, Bun.sleep(STOP_TIMEOUT)])
      await deps.mailer.close()
      await Promise.race([settled, Bun.sleep(CLOSE_TIMEOUT)])
      await saveOpened(deps)
    },
  }
}

/** A message of nodemailer repeats the address, and so does the first line of the stack. */
function maskError(error: unknown) {
  const masked = new Error(maskEmails(error instanceof Error ? error.message : String(error)))
  masked.stack = maskEmails(error instanceof Error ? (error.stack ?? '') : '')
  return masked
}
