import type { DevMail } from '@/lib/dev-mailbox'
import { LinkButton } from '@/ui/button'
import { EmptyState, Fact, Facts } from '@/ui/card'
import { EmailOfUser } from '@/ui/email'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { List, ListRow } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { PageHead } from '@/ui/page-head'

const MAILBOX_PATH = '/dev/mailbox'

const pathOf = ({ id }: DevMail) => `${MAILBOX_PATH}/${encodeURIComponent(id)}`

export const MailboxPage = ({ mails }: { mails: DevMail[] }): View => ({
  title: 'Mailbox',
  body: (
    <div class="narrow">
      <PageHead
        title="Mailbox"
        count={mails.length === 0 ? undefined : mails.length}
        lead={<>Every email that this site sends in development. This page does not exist in production.</>}
      >
        {mails.length === 0 ? (
          <></>
        ) : (
          <Form action={`${MAILBOX_PATH}/clear`} submit="Delete all" kind="secondary" isSmall />
        )}
      </PageHead>
      {mails.length === 0 ? (
        <EmptyState title="No emails yet" text={<>An email appears here about a second after you ask for it.</>}>
          <LinkButton href="/forgot-password" text="Reset a password" kind="secondary" />
        </EmptyState>
      ) : (
        <List>
          {mails.map((mail) => (
            <ListRow
              title={mail.subject}
              href={pathOf(mail)}
              line={
                <>
                  To <EmailOfUser email={mail.to} /> · <LocalTime at={mail.at} />
                </>
              }
            />
          ))}
        </List>
      )}
    </div>
  ),
})

export const DevMailPage = ({ mail }: { mail: DevMail }): View => ({
  title: mail.subject,
  body: (
    <div class="narrow">
      <PageHead title={mail.subject} lead={<a href={MAILBOX_PATH}>All emails</a>}>
        <LinkButton href={`${pathOf(mail)}/html`} text="View as HTML" kind="secondary" isSmall />
        <LinkButton href={`${pathOf(mail)}/eml`} text="Download" kind="secondary" isSmall />
      </PageHead>
      <div class="card stack">
        <Facts>
          <Fact label="To">
            <EmailOfUser email={mail.to} />
          </Fact>
          <Fact label="Sent">
            <LocalTime at={mail.at} show="exact" />
          </Fact>
        </Facts>
        <hr />
        <div class="plain-text">
          <LinkedText text={mail.text} />
        </div>
      </div>
    </div>
  ),
})

const ADDRESS = /(https?:\/\/\S+)/

const LinkedText = ({ text }: { text: string }) => (
  <>
    {text.split(ADDRESS).map((piece, i) =>
      i % 2 === 0 ? (
        Html.escapeHtml(piece)
      ) : (
        <a href={Html.escapeHtml(piece)} safe>
          {piece}
        </a>
      ),
    )}
  </>
)
