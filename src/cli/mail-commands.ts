import type { Deps } from '@/deps/deps'
import { findMailRecords } from '@/deps/mail-records'
import { sendTestMail } from '@/deps/mailer'
import { days, formatAge, hours, minutes } from '@/lib/duration'
import { canonicalEmail, validateEmail } from '@/lib/email-address'
import { base64url } from '@/lib/encoding'
import type { MailMessage } from '@/lib/mail-message'
import { quantity } from '@/lib/quantity'
import { quote } from '@/lib/quote'
import { codeOf, serverTextOf } from '@/lib/smtp'
import { listMails, mailSummary, retryMail, retryMails, type ListedMail } from '@/model/mails/mails'
import { alignColumns } from './align-columns'
import { failure, success, type CommandOutput } from './output'
import type { MailCommand } from './parse-mail-args'

const MAX_WAIT = minutes(15)

/** The content of the test mail for a recipient. */
type RenderTest = (email: string) => Pick<MailMessage, 'subject' | 'text' | 'html'>

export async function runMailCommand(deps: Deps, { verb, argument }: MailCommand, renderTest: RenderTest) {
  if (verb === 'status') return status(deps)
  if (verb === 'list') return list(deps)
  return verb === 'retry' ? retry(deps, argument) : test(deps, argument, renderTest)
}

/** Fails while the oldest mail waits for too long, so that a monitor can watch the exit code. */
async function status(deps: Deps): Promise<CommandOutput> {
  const { waiting, oldestAt, sent, failed, outage } = await mailSummary(deps)
  const age = oldestAt === null ? 0 : deps.now() - oldestAt
  const codes = failed.map(({ code, count }) => `${code}: ${count}`).join(', ')
  const failures = failed.reduce((sum, { count }) => sum + count, 0)
  const lines = [
    `waiting ${numeral(waiting)}${oldestAt === null ? '' : `   oldest ${shortAge(age)}`}`,
    `sent    ${numeral(sent)} in the last 7 days`,
    `failed  ${numeral(failures)} in the last 30 days${codes && ` (${codes})`}`,
    `server  ${serverOf(deps)}${outage ? `, ${outage.code} since ${clock(deps, outage.since)}` : ''}`,
  ]
  return { code: age > MAX_WAIT ? 1 : 0, text: lines.join('\n') }
}

const numeral = (n: number) => n.toLocaleString('en')

const shortAge = (ms: number) =>
  [
    [ms / days(1), 'd'] as const,
    [(ms % days(1)) / hours(1), 'h'] as const,
    [(ms % hours(1)) / minutes(1), 'min'] as const,
  ]
    .map(([n, unit]) => [Math.floor(n), unit] as const)
    .filter(([n, unit]) => n > 0 || unit === 'min')
    .map(([n, unit]) => `${n} ${unit}`)
    .join(' ')

function serverOf({ config, mailboxFolder }: Deps) {
  const { transport } = config.mail
  return transport.kind === 'smtp' ? `${transport.host}:${transport.port}` : mailboxFolder
}

/** In UTC; with the day if it is not within the last day. */
function clock({ now }: Deps, at: number) {
  const iso = new Date(at).toISOString()
  const time = `${iso.slice(11, 16)} UTC`
  return now() - at < days(1) ? time : `${iso.slice(0, 10)} ${time}`
}

const HEADER = ['ID', 'KIND', 'TO', 'STATE', 'REQUESTED', 'ATTEMPTS', 'ERROR']

async function list(deps: Deps) {
  const mails = await listMails(deps)
  if (mails.length === 0) return success('No email waits, and none has failed.')
  return success(...alignColumns([HEADER, ...mails.map((mail) => toCells(deps, mail))]))
}

const toCells = ({ now }: Deps, { failed_at, due_at, error_code, ...mail }: ListedMail) => [
  mail.id,
  mail.kind,
  mail.recipient || '-',
  failed_at !== null ? 'failed' : due_at <= now() ? 'due now' : `due in ${formatAge(due_at - now())}`,
  `${new Date(mail.created_at).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
  `${mail.attempt_count}`,
  error_code ?? '-',
]

async function retry(deps: Deps, id: string) {
  if (id === 'all') {
    const count = await retryMails(deps)
    return success(
      count === 0 ? 'No email waits for a later attempt.' : `${quantity(count, 'email')} will be sent again shortly.`,
    )
  }
  return (await retryMail(deps, id))
    ? success('The email will be sent again shortly.')
    : failure(`No waiting email with the ID ${quote(id)}.`)
}

async function test(deps: Deps, address: string, renderTest: RenderTest) {
  const to = canonicalEmail(address)
  if (to === undefined) return failure(validateEmail(address) ?? 'Enter an email address.')
  const message = { id: base64url(deps.random(16)), to, ...renderTest(to) }
  try {
    const { response, tls } = await sendTestMail(deps, message)
    return success(`sent to ${to}: ${oneLine(response)}`, ...(await describeServer(deps, tls)))
  } catch (error) {
    return failure(`mail test failed: ${codeOf(error)}: ${serverTextOf(error, '')}`)
  }
}

async function describeServer({ config }: Deps, tls?: string) {
  if (config.mail.transport.kind !== 'smtp') return []
  const { spf, dmarc } = await findMailRecords(config.mail.from.address)
  return [`tls   ${tls ?? 'none'}`, `spf   ${spf.name}: ${spf.state}`, `dmarc ${dmarc.name}: ${dmarc.state}`]
}

/** A server could send escape sequences to the terminal. */
const oneLine = (text: string) => text.replace(/[\s\p{C}]+/gu, ' ').trim()
