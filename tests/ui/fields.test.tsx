import { describe, expect, test } from 'bun:test'
import { Checkbox, CheckboxGroup, RadioGroup } from '@/ui/choices'
import { NewPassword, ReadonlyEmail } from '@/ui/account-fields'
import { Field, TextArea } from '@/ui/field'
import { Select } from '@/ui/select'
import { Html } from '@/ui/html'

type Texts = {
  hint?: string
  error?: string
  isOptional?: boolean
  autofocus?: boolean
  id?: string
}

type Attributes = Record<string, string>

/** The attributes of all elements that match. */
function attributesOf(markup: JSX.Element, selector: string) {
  const found: Attributes[] = []
  new HTMLRewriter()
    .on(selector, { element: (element) => void found.push(Object.fromEntries(element.attributes)) })
    .transform(`${markup}`)
  return found
}

function textOf(markup: JSX.Element, selector: string) {
  let text = ''
  new HTMLRewriter().on(selector, { text: (chunk) => void (text += chunk.text) }).transform(`${markup}`)
  return text.replaceAll(/\s+/g, ' ').trim()
}

const CONTROL = 'input, select, textarea'
const control = (markup: JSX.Element) => attributesOf(markup, CONTROL)[0] ?? {}
const options = [
  { value: 'a', text: 'Apple' },
  { value: 'b', text: 'Pear' },
]

const types = ['text', 'email', 'password', 'number', 'date', 'url', 'tel'] as const

/** Each kind of field with the label “Day” and the name “day”. */
const kinds: [kind: string, render: (texts: Texts) => JSX.Element][] = [
  ...types.map((type): [string, (texts: Texts) => JSX.Element] => [
    type,
    (texts) => <Field label="Day" name="day" type={type} {...texts} />,
  ]),
  ['text area', (texts) => <TextArea label="Day" name="day" {...texts} />],
  ['select', (texts) => <Select label="Day" name="day" options={options} {...texts} />],
]

describe.each(kinds)('a field of the kind %s', (_, render) => {
  test('has a label, is required, and describes itself by nothing', () => {
    const markup = render({})
    expect(control(markup)).toMatchObject({ id: 'day', name: 'day', required: '' })
    expect(control(markup)).not.toContainAnyKeys(['aria-invalid', 'aria-describedby', 'autofocus', 'placeholder'])
    expect(attributesOf(markup, 'label')).toEqual([{ for: 'day' }])
    expect(textOf(markup, 'label')).toBe('Day')
  })

  test('says that it is optional, and is not required then', () => {
    const markup = render({ isOptional: true })
    expect(control(markup)).not.toContainKey('required')
    expect(textOf(markup, 'label')).toBe('Day (optional)')
  })

  test('refers to its error and to its hint', () => {
    expect(control(render({ hint: 'Soon.' }))['aria-describedby']).toBe('day-hint')
    const failed = render({ error: 'Too late.' })
    expect(control(failed)).toMatchObject({ 'aria-invalid': 'true', 'aria-describedby': 'day-error' })
    const markup = render({ hint: 'Soon.', error: 'Too late.' })
    expect(control(markup)['aria-describedby']).toBe('day-error day-hint')
    expect(textOf(markup, '#day-error.field-error')).toBe('Too late.')
    expect(textOf(markup, '#day-hint.hint')).toBe('Soon.')
  })

  test('takes another id for itself and its texts', () => {
    const markup = render({ id: 'other', hint: 'Soon.', error: 'Too late.' })
    expect(control(markup)).toMatchObject({
      id: 'other',
      name: 'day',
      'aria-describedby': 'other-error other-hint',
    })
    expect(attributesOf(markup, 'label')).toEqual([{ for: 'other' }])
  })

  test('takes the focus only on request', () => {
    expect(control(render({ autofocus: true }))).toContainKey('autofocus')
  })
})

const none = { autocapitalize: 'none', spellcheck: 'false' }

test.each([
  ['text', { autocapitalize: 'sentences', spellcheck: 'false', dir: 'auto' }],
  ['email', { ...none, inputmode: 'email' }],
  ['password', none],
  ['number', { ...none, inputmode: 'numeric' }],
  ['date', none],
  ['url', { ...none, inputmode: 'url' }],
  ['tel', { ...none, inputmode: 'tel' }],
] as const)('a field of the type %s is filled in by no browser, and has a keyboard for its type', (type, expected) => {
  const found = control(<Field label="Day" name="day" type={type} />)
  expect(found).toEqual({ id: 'day', name: 'day', type, required: '', autocomplete: 'off', ...expected })
})

test('a page can choose how browsers fill in, correct and show a field', () => {
  const markup = (
    <Field
      label="Day"
      name="day"
      autocomplete="name"
      autocapitalize="words"
      spellcheck
      inputmode="decimal"
      min="1"
      max="9"
      isReadonly
    />
  )
  expect(control(markup)).toMatchObject({
    autocomplete: 'name',
    autocapitalize: 'words',
    spellcheck: 'true',
    inputmode: 'decimal',
    min: '1',
    max: '9',
    readonly: '',
  })
})

test('text areas and selects are filled in by no browser either', () => {
  const area = control(<TextArea label="Day" name="day" />)
  expect(area).toMatchObject({ autocomplete: 'off', autocapitalize: 'sentences', spellcheck: 'true', dir: 'auto' })
  expect(control(<Select label="Day" name="day" options={options} />).autocomplete).toBe('off')
})

test('a text area keeps a line break at the start', () => {
  expect(`${(<TextArea label="Day" name="day" value={'\nx'} />)}`).toContain('>\n\nx</textarea>')
})

test('a select marks the chosen option', () => {
  const markup = <Select label="Day" name="day" options={options} value="b" />
  expect(attributesOf(markup, 'option')).toEqual([{ value: 'a' }, { value: 'b', selected: '' }])
})

test('a field refers to its prefix and suffix', () => {
  const markup = <Field label="Day" name="day" prefix="€" suffix="per day" hint="Soon." error="Too late." />
  expect(control(markup)['aria-describedby']).toBe('day-error day-prefix day-suffix day-hint')
  expect([textOf(markup, '#day-prefix'), textOf(markup, '#day-suffix')]).toEqual(['€', 'per day'])
})

test('a field refers to an error of the whole form, and an error can contain a link', () => {
  const [ofForm, linked] = [
    <Field label="Day" name="day" errorId="login-error" />,
    <Field label="Day" name="day" errorMarkup={<a href="/login">Log in</a>} />,
  ]
  expect(control(ofForm)).toMatchObject({ 'aria-invalid': 'true', 'aria-describedby': 'login-error' })
  expect(attributesOf(ofForm, 'small')).toEqual([])
  expect(control(linked)['aria-describedby']).toBe('day-error')
  expect(attributesOf(linked, '#day-error a')).toEqual([{ href: '/login' }])
})

test('a new password has a hint with its length, and a browser can suggest one', () => {
  const markup = <NewPassword label="Day" name="day" minLength={12} />
  expect(control(markup)).toMatchObject({ autocomplete: 'new-password', 'data-min-length': '12' })
  expect(textOf(markup, '#day-hint')).toContain('12 characters')
})

test('the email of the account is shown to password managers and not sent', () => {
  const shown = control(<ReadonlyEmail email="ann@example.test" hint="Yours." />)
  expect(shown).toMatchObject({ autocomplete: 'username', readonly: '', 'aria-describedby': 'email-hint' })
  expect(shown).not.toContainKey('name')
})

test('a checkbox has its text as label, and its hint as description', () => {
  const markup = <Checkbox label="Remember me" name="day" isChecked hint="On your device." error="Check it." />
  expect(textOf(markup, 'label')).toBe('Remember me')
  expect(attributesOf(markup, 'label input')).toEqual([
    {
      type: 'checkbox',
      name: 'day',
      value: 'yes',
      checked: '',
      'aria-invalid': 'true',
      'aria-describedby': 'day-error day-hint',
    },
  ])
  expect([textOf(markup, '#day-hint'), textOf(markup, '#day-error')]).toEqual(['On your device.', 'Check it.'])
  expect(attributesOf(<Checkbox label="x" name="day" />, 'input')).toEqual([
    { type: 'checkbox', name: 'day', value: 'yes' },
  ])
})

const groups: [type: string, render: (texts: Texts) => JSX.Element][] = [
  ['radio', (texts) => <RadioGroup legend="Day" name="day" options={options} selected="b" {...texts} />],
  ['checkbox', (texts) => <CheckboxGroup legend="Day" name="day" options={options} selected={['b']} {...texts} />],
]

describe.each(groups)('a group of the type %s', (type, render) => {
  test('is named by its legend, and each choice by its text', () => {
    const markup = render({})
    expect(textOf(markup, 'fieldset > legend')).toBe('Day')
    expect(textOf(render({ isOptional: true }), 'legend')).toBe('Day (optional)')
    expect(textOf(markup, 'label')).toBe('ApplePear')
    expect(attributesOf(markup, 'label > input')).toEqual([
      { type, name: 'day', value: 'a' },
      { type, name: 'day', value: 'b', checked: '' },
    ])
  })

  test('has the hint, and each choice the error', () => {
    const markup = render({ hint: 'Soon.', error: 'Too late.', autofocus: true })
    expect(attributesOf(markup, 'fieldset')).toEqual([{ 'aria-describedby': 'day-hint' }])
    const found = attributesOf(markup, 'input')
    for (const one of found) expect(one).toMatchObject({ 'aria-invalid': 'true', 'aria-describedby': 'day-error' })
    expect(found.map((one) => 'autofocus' in one)).toEqual([true, false])
    expect([textOf(markup, '#day-error'), textOf(markup, '#day-hint')]).toEqual(['Too late.', 'Soon.'])
  })
})

test('the hint of a choice describes it', () => {
  const [a, b] = attributesOf(
    <RadioGroup legend="Day" name="day" options={[{ value: 'a', text: 'A', hint: 'First.' }, ...options]} />,
    'input',
  )
  expect(a?.['aria-describedby']).toBe('day-0-hint')
  expect(b).not.toContainKey('aria-describedby')
})
