import { days, formatAge } from '@/lib/duration'
import { quantity } from '@/lib/quantity'
import type { MailTransport } from '@/config/mail'
import { TwoStepAdvice } from '@/ui/two-step-advice'
import type { DailyCount } from '@/model/mails/mail-counts'
import type { ListedMail, MailSummary } from '@/model/mails/mails'
import { Badge } from '@/ui/badge'
import { EmptyState } from '@/ui/card'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { List, ListRow } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { LockBadge } from '@/ui/lock-badge'
import { mailKindText, linkPurposeText } from '@/ui/mail-kind-text'
import { PageHead, Section, Sections } from '@/ui/page-head'

type MailProps = {
  summary: MailSummary
  mails: ListedMail[]
  counts: DailyCount[]
  transport: MailTransport
  now: number
  canWrite: boolean
  isFresh: boolean
  isTwoStep: boolean
  isPasswordOnly: boolean
}

export const MailPage = (props: MailProps): View => {
  const waiting = props.mails.filter(({ failed_at }) => failed_at === null)
  const failed = props.mails.filter(({ failed_at }) => failed_at !== null)
  return {
    title: 'Mail',
    body: (
      <>
        <PageHead title="Mail" />
        <TwoStepAdvice isTwoStep={props.isTwoStep} />
        <Sections>
          <Status {...props} />
          {waiting.length === 0 ? (
            <EmptyState title="No email is waiting" text={<>New emails are sent within a second or two.</>} />
          ) : (
            <Section
              title="Waiting"
              count={shownOf(waiting.length, props.summary.waiting)}
              aside={props.canWrite ? <LockBadge {...props} /> : undefined}
            >
              <List>
                {waiting.map((mail) => (
                  <WaitingRow mail={mail} now={props.now} canWrite={props.canWrite} />
                ))}
              </List>
            </Section>
          )}
          {failed.length === 0 ? (
            ''
          ) : (
            <Section title="Not sent" count={failed.length} text="In the last 30 days. Users can ask for a new one.">
              <List>
                {failed.map((mail) => (
                  <FailedRow mail={mail} />
                ))}
              </List>
            </Section>
          )}
          {props.counts.length === 0 ? '' : <Counts counts={props.counts} />}
        </Sections>
      </>
    ),
  }
}

const numeral = (n: number) => n.toLocaleString('en')

const shownOf = (shown: number, all: number) => (shown < all ? `${shown} of ${numeral(all)}` : numeral(all))

const Status = ({ summary: { waiting, oldestAt, outage }, transport, now }: MailProps) =>
  outage ? (
    <p class="message danger" role="alert">
      The mail server has not been reachable since{' '}
      <LocalTime at={outage.since} show={now - outage.since < days(1) ? 'time' : 'exact'} />{' '}
      <span safe>{`(${outage.code}). ${emailsWait(waiting)}`}</span>
    </p>
  ) : (
    <p class="message info">
      {transport.kind === 'mailbox' ? (
        <>
          Email is written to db/mailbox. <a href="/dev/mailbox">Read it</a>.
        </>
      ) : (
        <span safe>{`Email is sent through ${transport.kind === 'smtp' ? transport.host : 'no server'}.`}</span>
      )}{' '}
      {waiting === 0 ? (
        ''
      ) : (
        <span
          safe
        >{`${numeral(waiting)} waiting${oldestAt === null ? '' : `, the oldest for ${formatAge(now - oldestAt)}`}.`}</span>
      )}
    </p>
  )

const emailsWait = (n: number) => (n === 1 ? '1 email is waiting.' : `${numeral(n)} emails are waiting.`)

type RowProps = { mail: ListedMail; now: number; canWrite: boolean }

const WaitingRow = ({ mail, now, canWrite }: RowProps) => (
  <ListRow
    title={mailKindText[mail.kind]}
    badges={mail.error_code === null ? undefined : <Badge text={mail.error_code} tone="warning" />}
    line={
      <>
        <Request mail={mail} /> · next {mail.due_at <= now ? 'now' : <LocalTime at={mail.due_at} />}
      </>
    }
    action={
      canWrite ? (
        <div class="actions">
          <MailAction mail={mail} verb="retry" text="Try now" />
          <MailAction mail={mail} verb="cancel" text="Cancel" />
        </div>
      ) : undefined
    }
  />
)

const FailedRow = ({ mail }: { mail: ListedMail }) => (
  <ListRow
    title={mailKindText[mail.kind]}
    badges={<Badge text={mail.error_code ?? ''} tone="danger" />}
    line={<Request mail={mail} />}
  />
)

/** A failed mail has no address if the request did not know whose it is. */
const Request = ({ mail }: { mail: ListedMail }) => (
  <>
    {mail.recipient === '' ? (
      ''
    ) : (
      <>
        <bdi safe>{mail.recipient}</bdi> ·{' '}
      </>
    )}
    requested <LocalTime at={mail.created_at} /> · <span safe>{quantity(mail.attempt_count, 'attempt')}</span>
  </>
)

type ActionProps = { mail: ListedMail; verb: 'retry' | 'cancel'; text: string }

const MailAction = ({ mail, verb, text }: ActionProps) => (
  <Form
    action={`/admin/mail/${encodeURIComponent(mail.id)}/${verb}`}
    submit={text}
    ariaLabel={`${text}: ${mailKindText[mail.kind]} to ${mail.recipient}`}
    kind={verb === 'retry' ? 'secondary' : 'secondary-danger'}
    isSmall
  />
)

const Counts = ({ counts }: { counts: DailyCount[] }) => (
  <Section
    title="Links in emails"
    text="Per day, in UTC. A link counts as opened when it reaches this site. Emails have no tracking."
  >
    <List>
      {counts.map(({ day, purpose, sent_count, opened_count, used_count }) => (
        <ListRow
          title={day}
          line={
            <span safe>
              {`${linkPurposeText[purpose]}: ${numeral(sent_count)} sent · ${numeral(opened_count)} opened · ${numeral(used_count)} used`}
            </span>
          }
        />
      ))}
    </List>
  </Section>
)
