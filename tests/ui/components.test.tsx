import { expect, test } from 'bun:test'
import { Avatar, initials } from '@/ui/avatar'
import { Badge } from '@/ui/badge'
import { LinkButton } from '@/ui/button'
import { Card, EmptyState, Fact, Facts } from '@/ui/card'
import { Checkbox, CheckboxGroup, RadioGroup } from '@/ui/choices'
import { Confirmation } from '@/ui/confirmation'
import { CopyField } from '@/ui/copy-field'
import { NewPassword, ReadonlyEmail } from '@/ui/account-fields'
import { Field, TextArea } from '@/ui/field'
import { Select } from '@/ui/select'
import { FlashArea } from '@/ui/flash-area'
import { Form, FormError, SubmitButton } from '@/ui/form'
import { Html } from '@/ui/html'
import { Icon, iconNames } from '@/ui/icon'
import { DangerZone, List, ListGroup, ListRow } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { Message } from '@/ui/message'
import { FocusedPage, PageHead, Section } from '@/ui/page-head'
import { Pager } from '@/ui/pager'
import { Filter, Filters, Table } from '@/ui/table'

// Neither in a text nor in an attribute may it become markup.
const HOSTILE = `"'><i onclick=1 x="`

const hostileField = {
  label: HOSTILE,
  name: HOSTILE,
  id: HOSTILE,
  hint: HOSTILE,
  error: HOSTILE,
  value: HOSTILE,
  autocomplete: HOSTILE,
}
const hostileOptions = [{ value: HOSTILE, text: HOSTILE, hint: HOSTILE }]
const hostileGroup = {
  legend: HOSTILE,
  name: HOSTILE,
  id: HOSTILE,
  hint: HOSTILE,
  error: HOSTILE,
  options: hostileOptions,
}
const hostileButton = { submit: HOSTILE, ariaLabel: HOSTILE }
const nothing = <></>

const hostile: Record<string, JSX.Element> = {
  Avatar: <Avatar name={HOSTILE} />,
  Badge: <Badge text={HOSTILE} />,
  Checkbox: <Checkbox {...hostileField} />,
  CheckboxGroup: <CheckboxGroup {...hostileGroup} selected={[HOSTILE]} />,
  Confirmation: Confirmation({ title: HOSTILE, text: HOSTILE, action: HOSTILE, submit: HOSTILE, back: HOSTILE }).body,
  CopyField: <CopyField id={HOSTILE} value={HOSTILE} label={HOSTILE} />,
  EmptyState: <EmptyState title={HOSTILE} text={nothing} />,
  Fact: <Fact label={HOSTILE}>{nothing}</Fact>,
  Field: <Field {...hostileField} prefix={HOSTILE} suffix={HOSTILE} min={HOSTILE} max={HOSTILE} />,
  'Field with an error elsewhere': <Field label="x" name="x" errorId={HOSTILE} />,
  Filter: <Filter title={HOSTILE} choices={[{ text: HOSTILE, href: HOSTILE, isCurrent: true }]} />,
  FlashArea: <FlashArea message={['error', HOSTILE]} />,
  FocusedPage: <FocusedPage title={HOSTILE}>{nothing}</FocusedPage>,
  Form: <Form action={HOSTILE} next={HOSTILE} userId={HOSTILE} {...hostileButton} />,
  FormError: <FormError id={HOSTILE} text={HOSTILE} />,
  LinkButton: <LinkButton href={HOSTILE} text={HOSTILE} ariaLabel={HOSTILE} />,
  ListGroup: (
    <ListGroup title={HOSTILE} count={1}>
      {nothing}
    </ListGroup>
  ),
  ListRow: <ListRow title={HOSTILE} />,
  Message: <Message text={HOSTILE} />,
  NewPassword: <NewPassword label={HOSTILE} name={HOSTILE} error={HOSTILE} minLength={8} />,
  PageHead: <PageHead title={HOSTILE} count={HOSTILE} />,
  'PageHead of a user': <PageHead title={HOSTILE} isName />,
  Pager: <Pager newer={HOSTILE} older={HOSTILE} />,
  RadioGroup: <RadioGroup {...hostileGroup} selected={HOSTILE} />,
  ReadonlyEmail: <ReadonlyEmail email={HOSTILE} hint={HOSTILE} />,
  Section: (
    <Section title={HOSTILE} id={HOSTILE} count={HOSTILE} text={HOSTILE}>
      {nothing}
    </Section>
  ),
  Select: <Select {...hostileField} options={hostileOptions} />,
  SubmitButton: <SubmitButton {...hostileButton} />,
  Table: (
    <Table caption={HOSTILE} columns={[{ title: HOSTILE, href: HOSTILE }, { title: HOSTILE }]}>
      {nothing}
    </Table>
  ),
  TextArea: <TextArea {...hostileField} />,
}

test.each(Object.entries(hostile))('no text of %s becomes markup', (_, markup) => {
  const found: string[] = []
  const element = ({ tagName, attributes }: HTMLRewriterTypes.Element) => {
    if (tagName === 'i') found.push(tagName)
    for (const [name] of attributes) if (!/^(?!on)[a-z-]{2,}$/.test(name)) found.push(name)
  }
  new HTMLRewriter().on('*', { element }).transform(`${markup}`)
  expect(found).toEqual([])
  expect(`${markup}`).not.toBe('')
})

test.each([
  ['Ann Example', 'AE'],
  ['ann', 'A'],
  ['Ann Maria van der Berg', 'AB'],
  ['Anne-Marie', 'AM'],
  ['  (Ann)  Lee ', 'AL'],
  ['小明', '小'],
  ['👩‍🚀 Space', 'S'],
  ['…', '…'],
])('the initials of %s are %s', (name, expected) => {
  expect(initials(name)).toBe(expected)
})

test('icons and initials are hidden from screen readers', () => {
  for (const name of iconNames) expect(`${(<Icon name={name} tone="danger" />)}`).toContain('aria-hidden="true"')
  expect(`${(<Avatar name="Ann" />)}`).toContain('aria-hidden="true"')
})

test('empty groups and single pages show nothing', () => {
  expect(
    `${(
      <ListGroup title="Ended" count={0}>
        {nothing}
      </ListGroup>
    )}${(<Pager />)}`,
  ).toBe('')
})

test('a table says how it is sorted', () => {
  const markup = `${(
    <Table caption="Users" columns={[{ title: 'Name', href: '?sort=name', sort: 'descending' }, { title: 'Role' }]}>
      {nothing}
    </Table>
  )}`
  expect(markup).toContain(
    '<th scope="col" aria-sort="descending"><a href="?sort=name">Name<span aria-hidden="true"> ↓</span></a></th>',
  )
  expect(markup).toContain('<th scope="col">Role</th>')
  expect(markup).toMatch(/<caption[^>]*>Users<\/caption>/)
})

test('a filter is a group with a name, and marks what is chosen', () => {
  const markup = `${(
    <Filters>
      <Filter
        title="Role"
        choices={[
          { text: 'All', href: '?', isCurrent: true },
          { text: 'Admin', href: '?role=admin', isCurrent: false },
        ]}
      />
    </Filters>
  )}`
  expect(markup).toContain('role="group" aria-label="Role"')
  expect(markup).toContain('<a href="?" aria-current="true">All</a>')
  expect(markup).toContain('<a href="?role=admin">Admin</a>')
})

test('a form works without htmx, and is sent once with it', () => {
  const markup = `${(<Form action="/notes" submit="Save" next="/back" />)}`
  expect(markup).toContain('method="post" action="/notes" hx-post="/notes" hx-target="#main"')
  expect(markup).toContain('hx-sync="this:drop" hx-disable="find button[type=submit]"')
  expect(markup).toContain('<input type="hidden" name="next" value="/back"/>')
  expect(markup).toContain('<button type="submit">Save</button>')
  expect(`${(<Form action="/notes" submit="Save" isNative />)}`).not.toContain('hx-')
})

test('buttons differ by class, and a disabled one is disabled', () => {
  expect(`${(<SubmitButton submit="x" kind="secondary-danger" isSmall isDisabled />)}`).toBe(
    '<button type="submit" class="secondary danger small" disabled>x</button>',
  )
  expect(`${(<LinkButton href="/x" text="x" opensDialog />)}`).toBe('<a href="/x" class="button" data-dialog>x</a>')
})

test('a confirmation posts to the address of the action, and its way back has the focus', () => {
  const { title, body, isFocused } = Confirmation({
    title: 'Deactivate Eve?',
    text: '3 sessions end now.',
    action: '/admin/users/1/deactivate',
    submit: 'Deactivate',
    back: '/admin/users/1',
  })
  expect([title, isFocused]).toEqual(['Deactivate Eve?', true])
  expect(`${body}`).toMatch(/<h1 id="dialog-title"[^>]*>Deactivate Eve\?<\/h1>/)
  expect(`${body}`).toContain('method="post" action="/admin/users/1/deactivate"')
  expect(`${body}`).toMatch(/<button type="submit" class="danger">Deactivate<\/button>/)
  expect(`${body}`).toMatch(/<a href="\/admin\/users\/1"[^>]* data-close autofocus>Cancel<\/a>/)
})

test('the danger zone is a section with a title', () => {
  const markup = `${(
    <DangerZone>
      <ListRow title="Deactivate account" />
    </DangerZone>
  )}`
  expect(markup).toContain('<h2>Danger zone</h2>')
  expect(markup).toContain('<ul class="list zone"><li class="row">')
})

test('a row opens if it has more details, and its action stands outside of them', () => {
  const closed = `${(
    <List>
      <ListRow title="x" line={<>one line</>} action={<b>action</b>} />
    </List>
  )}`
  expect(closed).not.toContain('<details')
  const open = `${(
    <ListRow
      title="x"
      more={
        <Facts>
          <Fact label="Role">User</Fact>
        </Facts>
      }
      action={<b>action</b>}
    />
  )}`
  expect(open).toMatch(/<details><summary>.*<\/summary>.*<\/details><b>action<\/b><\/li>$/)
})

test('a time is exact in UTC, and machines can read it', () => {
  const at = Date.parse('2030-01-02T03:04:05Z')
  expect(`${(<LocalTime at={at} />)}`).toMatch(
    /^<time datetime="2030-01-02T03:04:05.000Z">Jan 2, 2030, 3:04\sAM UTC<\/time>$/,
  )
  expect(`${(<LocalTime at={at} show="date" />)}`).toContain('data-show="date"')
})

test('errors interrupt screen readers, and other messages wait', () => {
  expect(`${(<FlashArea message={['error', 'x']} />)}`).toBe('<p id="flash" class="error" role="alert">x</p>')
  expect(`${(<FlashArea message={['success', 'x']} />)}`).toBe('<p id="flash" class="success" role="status">x</p>')
  expect(`${(<FlashArea />)}`).toContain('role="status"></p>')
  expect(`${(<FormError id="e" text="x" />)}`).toBe('<p id="e" class="form-error" role="alert">x</p>')
  expect(
    `${(
      <Card>
        <Message text="x" tone="warning" />
      </Card>
    )}`,
  ).toContain('<p class="message warning">x</p>')
})
