import { Badge } from '@/ui/badge'
import { LinkButton } from '@/ui/button'
import { Card, EmptyState, Fact, Facts } from '@/ui/card'
import { CodeBlock } from '@/ui/code-block'
import { CopyField } from '@/ui/copy-field'
import { SubmitButton } from '@/ui/form'
import { Html } from '@/ui/html'
import { DayList } from '@/ui/day-list'
import { DangerZone, List, ListGroup, ListRow } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { Section } from '@/ui/page-head'
import { Pager } from '@/ui/pager'
import { SearchForm } from '@/ui/search-form'
import { SettingRow } from '@/ui/setting-row'
import { Filter, Filters, Table, type Column } from '@/ui/table'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const LONG_NAME = 'W'.repeat(100)

const columns: Column[] = [
  { title: 'Name', href: '#table', sort: 'ascending' },
  { title: 'Email', href: '#table' },
  { title: 'Role' },
  { title: 'Last active' },
]

const people = [
  { name: 'Ann Example', email: 'ann@example.com', days: 1 },
  { name: 'שרה כהן', email: 'sarah@example.com', badge: 'Locked', days: 40 },
  { name: LONG_NAME, email: `${'w'.repeat(60)}@example.com`, badge: 'Deactivated', days: 400 },
] as const

export const Lists = ({ now }: { now: number }) => (
  <>
    <Rows now={now} />
    <People now={now} />
    <Section id="facts" title="Facts">
      <Card>
        <Facts>
          <Fact label="Created">
            <LocalTime at={now - 240 * DAY} />
          </Fact>
          <Fact label="User ID">
            <code>01890000-0000-7000-8000-000000000005</code>
          </Fact>
        </Facts>
      </Card>
    </Section>
    <Section id="empty-state" title="Empty state">
      <EmptyState title="No tokens yet" text={<>A token lets a program access your account.</>}>
        <LinkButton href="#empty-state" text="New token" kind="secondary" />
      </EmptyState>
    </Section>
    <Section id="copy-field" title="Copy field">
      <Card>
        <CopyField id="copy-example" value={'EXAMPLE'.repeat(6)} label="the example token" />
      </Card>
    </Section>
    <Section id="code-block" title="Code block">
      <CodeBlock title="Request" subject="service status" code={`curl https://example.com/${'wide/'.repeat(30)}`} />
    </Section>
    <Section id="times" title="Times" text="Without scripts, all of them show the exact time in UTC.">
      <Card>
        <p class="actions">
          <LocalTime at={now - MINUTE / 2} />
          <LocalTime at={now - 2 * MINUTE} />
          <LocalTime at={now - DAY} />
          <LocalTime at={now + DAY} />
          <LocalTime at={now - 400 * DAY} />
        </p>
        <p class="actions">
          <LocalTime at={now} show="exact" />
          <LocalTime at={now} show="date" />
          <LocalTime at={now} show="time" />
          <LocalTime at={now - 2 * DAY} show="relative-day" />
        </p>
      </Card>
    </Section>
    <Section id="days" title="Days" text="Newest first, under a heading per day.">
      <DayList
        rows={[1, 2, 30 * 60].map((minutes) => ({
          at: now - minutes * MINUTE,
          row: <ListRow icon="login" title="Logged in" line={<LocalTime at={now - minutes * MINUTE} show="time" />} />,
        }))}
      />
    </Section>
    <Danger />
  </>
)

const Rows = ({ now }: { now: number }) => (
  <Section id="lists" title="Lists" count={8} aside={<LinkButton href="#lists" text="New" kind="secondary" isSmall />}>
    <List>
      <ListRow
        icon="computer"
        title="Chrome on Linux"
        badges={<Badge text="This device" tone="success" />}
        line={<>Active now · 192.0.2.x</>}
        more={
          <Facts>
            <Fact label="Signed in with">Password</Fact>
            <Fact label="First seen">
              <LocalTime at={now - DAY} show="exact" />
            </Fact>
          </Facts>
        }
        action={<SubmitButton submit="Log out" kind="secondary" isSmall ariaLabel="Log out Chrome on Linux" />}
      />
      <ListRow
        icon="code"
        title="Without details"
        line={<>One line</>}
        action={<SubmitButton submit="Revoke" kind="secondary" isSmall ariaLabel="Revoke Without details" />}
      />
      <ListRow
        icon="alert"
        tone="danger"
        title="Needs attention"
        badges={<Badge text="Check this" tone="danger" />}
        line={<>One line</>}
        isAttention
      />
      <ListRow icon="list" title="A link to the object" href="#lists" line={<>One line</>} />
      <ListRow title="שרה כהן" line={<>A name that is written from right to left, without an icon</>} />
      <ListRow icon="key" title={LONG_NAME} line={<>A long name</>} />
      <SettingRow icon="lock" title="A setting" state={<>Its present state</>} href="#lists" link="Change" />
      <SettingRow icon="alert" tone="warning" title="Act" state={<>Not safe</>} href="#lists" link="Review" />
    </List>
    <ListGroup title="Collapsed group" count={1}>
      <ListRow icon="computer" title="Firefox on Windows" line={<>Ended yesterday</>} />
    </ListGroup>
  </Section>
)

const People = ({ now }: { now: number }) => (
  <Section id="table" title="Table" count={312}>
    <SearchForm action="/styleguide" label="Email or name" value="" />
    <Filters>
      <Filter
        title="State"
        choices={[
          { text: 'All', href: '#table', isCurrent: true },
          { text: 'Active', href: '#table', isCurrent: false },
          { text: 'Locked', href: '#table', isCurrent: false },
        ]}
      />
      <Filter
        title="Role"
        choices={[
          { text: 'All', href: '#table', isCurrent: false },
          { text: 'Admin', href: '#table', isCurrent: true },
        ]}
      />
    </Filters>
    <Table caption="People" columns={columns}>
      {people.map(({ name, email, days, ...person }) => (
        <tr>
          <td>
            <a href="#table">
              <bdi safe>{name}</bdi>
            </a>
          </td>
          <td>{email}</td>
          <td class={'badge' in person ? undefined : 'usual'}>
            {'badge' in person ? <Badge text={person.badge} tone="warning" /> : <span class="muted">User</span>}
          </td>
          <td class="muted">
            <LocalTime at={now - days * DAY} />
          </td>
        </tr>
      ))}
    </Table>
    <Pager newer="#table" older="#table" />
  </Section>
)

const Danger = () => (
  <div id="danger-zone">
    <DangerZone>
      <ListRow
        icon="user"
        tone="danger"
        title="Deactivate account"
        line={<>Ends all sessions and revokes all API tokens. For users the link opens a dialog.</>}
        action={
          <LinkButton href="/styleguide/confirmation" text="Deactivate" kind="secondary-danger" isSmall opensDialog />
        }
      />
    </DangerZone>
  </div>
)
