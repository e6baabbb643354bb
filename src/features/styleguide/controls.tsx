import { Card } from '@/ui/card'
import { Checkbox, CheckboxGroup, RadioGroup } from '@/ui/choices'
import { CustomChoice } from '@/ui/custom-choice'
import { NewPassword, ReadonlyEmail } from '@/ui/account-fields'
import { Field, TextArea } from '@/ui/field'
import { Select } from '@/ui/select'
import { Form, FormError, SubmitButton } from '@/ui/form'
import { Html } from '@/ui/html'
import { Section } from '@/ui/page-head'
import { FocusShown } from './basics'

/** The fields of the form that can be sent. */
export type Typed = Record<'text' | 'number' | 'date' | 'select' | 'choice' | 'details', string>

const fruits = [
  { value: 'apple', text: 'Apple' },
  { value: 'pear', text: 'Pear' },
  { value: 'plum', text: 'Plum' },
]

const expiries = [
  { value: '30', text: '30 days', hint: 'For a script that runs for a short time.' },
  { value: '365', text: '1 year', hint: 'For a script that runs for a long time.' },
]

const noErrors: Partial<Typed> = {}

const errors: Typed = {
  text: 'Enter a text of at most 100 characters.',
  number: 'Enter a number from 1 to 365.',
  date: 'Enter a date in the future.',
  select: 'Choose a fruit.',
  choice: 'Choose when it expires.',
  details: 'Enter at most 1,000 characters.',
}

export const Controls = ({ typed }: { typed?: Typed }) => (
  <>
    <Section id="fields" title="Fields">
      <Card>
        <Field label="Text" name="field-text" hint="A hint stands below the field." />
        <Field label="Optional text" name="field-optional" isOptional />
        <FocusShown>
          <Field label="Text with focus" name="field-focus" />
        </FocusShown>
        <Field
          label="Email with an error"
          name="field-email"
          type="email"
          value="ann@example"
          hint="The address you log in with."
          error="Enter an email address like name@example.com."
        />
        <ReadonlyEmail email="ann@example.com" hint="It cannot be changed here." />
        <Field label="Number" name="field-number" type="number" value="90" min="1" max="365" suffix="days" />
        <Field label="Price" name="field-price" inputmode="decimal" prefix="€" suffix="per month" isOptional />
        <Field label="Number with an error" name="field-bad-number" type="number" suffix="days" error={errors.number} />
        <Field label="Date" name="field-date" type="date" value="2030-01-31" />
        <Field label="Date with an error" name="field-bad-date" type="date" error={errors.date} />
        <Field label="Web address" name="field-url" type="url" isOptional />
        <Field label="Phone" name="field-phone" type="tel" autocomplete="tel" isOptional />
        <Select label="Select" name="field-select" options={fruits} value="pear" />
        <Select label="Select with an error" name="field-bad-select" options={fruits} error={errors.select} />
        <Select
          label="Select with a button"
          name="field-role"
          options={fruits}
          button={<SubmitButton submit="Change" kind="secondary" />}
        />
        <TextArea label="Text area" name="field-area" value="Some text" isOptional />
        <TextArea label="Text area with an error" name="field-bad-area" rows={2} error={errors.details} />
        <Field label="Read only" name="field-readonly" value="It cannot be changed here." isReadonly />
        <Field label="Right to left" name="field-rtl" value="שרה כהן" error={errors.text} />
      </Card>
    </Section>
    <Section id="choices" title="Choices">
      <Card>
        <Checkbox label="Remember me" name="box" isChecked />
        <Checkbox label="With a hint" name="box-hint" hint="Only on your own device." />
        <Checkbox label="With an error" name="box-error" error="Check this box to go on." />
        <RadioGroup legend="Theme" name="theme" options={fruits} selected="apple" hint="The choices fit one line." />
        <RadioGroup legend="Expires" name="expires" options={expiries} selected="30" />
        <RadioGroup
          legend="With a field for the custom choice"
          name="with-custom"
          options={[...fruits, { value: 'custom', text: 'Another fruit' }]}
          selected="custom"
        />
        <CustomChoice>
          <Field label="Another fruit" name="custom-fruit" value="Quince" />
        </CustomChoice>
        <RadioGroup legend="Radio group with an error" name="radio-error" options={fruits} error={errors.select} />
        <CheckboxGroup legend="Checkbox group" name="boxes" options={expiries} selected={['30', '365']} isOptional />
        <CheckboxGroup
          legend="Checkbox group with an error"
          name="boxes-error"
          options={fruits}
          selected={[]}
          error={errors.select}
        />
      </Card>
    </Section>
    <Section id="form" title="Form" text="This form always returns with errors. The first one gets the focus.">
      <ExampleForm typed={typed} errors={typed === undefined ? noErrors : errors} />
    </Section>
    <Section title="Form with passwords and an error of its own">
      <Form action="/styleguide" submit="Log in" isCard>
        <FormError id="example-error" text="Please check your login details and try again." />
        <Field label="Account" name="account" value="ann" errorId="example-error" />
        <Field
          label="Current password"
          name="password"
          type="password"
          autocomplete="current-password"
          errorId="example-error"
        />
        <NewPassword label="New password" name="new-password" minLength={12} />
      </Form>
    </Section>
  </>
)

const ExampleForm = ({ typed, errors }: { typed?: Typed; errors: Partial<Typed> }) => (
  <Form action="/styleguide" submit="Save" isCard extra={<SubmitButton submit="Save and close" kind="secondary" />}>
    <Field label="Name" name="text" value={typed?.text} error={errors.text} autofocus={typed !== undefined} />
    <Field label="Days" name="number" type="number" value={typed?.number} error={errors.number} suffix="days" />
    <Field label="Day" name="date" type="date" value={typed?.date} error={errors.date} />
    <Select label="Fruit" name="select" options={fruits} value={typed?.select} error={errors.select} />
    <RadioGroup legend="Expires" name="choice" options={fruits} selected={typed?.choice} error={errors.choice} />
    <TextArea label="Details" name="details" value={typed?.details} error={errors.details} isOptional />
  </Form>
)
