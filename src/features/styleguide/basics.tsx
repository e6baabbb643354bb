import { Avatar } from '@/ui/avatar'
import { Badge } from '@/ui/badge'
import { LinkButton, type ButtonKind } from '@/ui/button'
import { Card } from '@/ui/card'
import { SubmitButton } from '@/ui/form'
import { Html, unescaped, type Children } from '@/ui/html'
import { LockBadge } from '@/ui/lock-badge'
import { Message } from '@/ui/message'
import { Section } from '@/ui/page-head'
import { Icon, iconNames } from '@/ui/icon'
import { TheftAlert } from '@/ui/theft-alert'

const colors = [
  'ground',
  'surface',
  'sunken',
  'border',
  'control',
  'text',
  'muted',
  'accent',
  'accent-tint',
  'on-accent',
  'checked',
  'success',
  'success-tint',
  'info',
  'info-tint',
  'warning',
  'warning-tint',
  'danger',
  'danger-tint',
  'on-danger',
  'focus',
  'veil',
]

const spaces = ['s1', 's2', 's3', 's4', 's5', 's6']

const kinds: [kind: ButtonKind, text: string][] = [
  ['primary', 'Primary'],
  ['secondary', 'Secondary'],
  ['danger', 'Danger'],
  ['secondary-danger', 'Secondary danger'],
  ['link', 'Link'],
]

export const Basics = () => (
  <>
    <Section id="colors" title="Colors">
      <ul class="list swatches">
        {colors.map((name) => (
          <li class="row">
            <svg width="20" height="20" aria-hidden="true">
              <rect width="20" height="20" fill={`var(--${name})`} />
            </svg>
            <code safe>{`--${name}`}</code>
          </li>
        ))}
      </ul>
    </Section>
    <Section id="type" title="Type">
      <Card>
        <p class="lead">
          The name on the home page has <code>--t5</code>, a page title <code>--t4</code>, and a section title{' '}
          <code>--t3</code>.
        </p>
        <p>
          Body text has <code>--t2</code>: <a href="#type">a link</a>, <strong>strong</strong>, <code>code</code>.
        </p>
        <p class="small muted">
          Labels, hints and details have <code>--t1</code>.
        </p>
        <p safe>{`Long words wrap: ${'W'.repeat(100)}`}</p>
      </Card>
    </Section>
    <Section id="space" title="Space">
      <ul class="list swatches">
        {spaces.map((name) => (
          <li class="row">
            <svg width="40" height="40" aria-hidden="true">
              <rect width={`var(--${name})`} height={`var(--${name})`} fill="var(--accent)" />
            </svg>
            <code safe>{`--${name}`}</code>
          </li>
        ))}
      </ul>
    </Section>
    <Buttons />
    <Section id="badges" title="Badges" text="For exceptions only: the usual state of a row has no badge.">
      <Card>
        <p class="actions">
          <Badge text="Neutral" />
          <Badge text="This device" tone="success" />
          <Badge text="Admin" tone="info" />
          <Badge text="Locked" tone="warning" />
          <Badge text="Deactivated" tone="danger" />
          <LockBadge isFresh={false} />
          <LockBadge isFresh />
          <LockBadge isFresh={false} isPasswordOnly={false} />
        </p>
        <p class="actions">
          {iconNames.map((name) => (
            <Icon name={name} />
          ))}
        </p>
      </Card>
    </Section>
    <Section id="messages" title="Messages" text="A flash message looks the same, and stands below the page title.">
      <div class="stack">
        <Message text="Please log in to access this page." />
        <Message text="Your profile has been saved." tone="success" />
        <Message text="This token is shown only once." tone="warning" />
        <Message text="Please check your login details and try again." tone="danger" />
        <TheftAlert />
      </div>
    </Section>
    <Section id="avatar" title="Avatar">
      <Card>
        <p class="actions">
          <Avatar name="Ann Example" /> <Avatar name="Ann Example" isLarge /> <Avatar name="שרה כהן" />
          <Avatar name="👩‍🚀" /> <Avatar name="小明" isLarge />
        </p>
      </Card>
    </Section>
  </>
)

const Buttons = () => (
  <Section id="buttons" title="Buttons" text="One primary button per view. Danger is filled on a confirmation only.">
    <Card>
      <>
        {kinds.map(([kind, text]) => (
          <div class="actions">
            <SubmitButton kind={kind} submit={text} />
            <FocusShown>
              <SubmitButton kind={kind} submit="Focus" />
            </FocusShown>
            <SubmitButton kind={kind} submit="Disabled" isDisabled />
            <div class="htmx-request">
              <SubmitButton kind={kind} submit="Busy" isDisabled />
            </div>
            <SubmitButton kind={kind} submit="Small" isSmall />
          </div>
        ))}
      </>
      <div class="actions">
        <LinkButton href="#buttons" text="Link as button" />
        <LinkButton href="#buttons" text="Small" kind="secondary" isSmall />
      </div>
    </Card>
  </Section>
)

/** Shows the focus ring without the focus. */
export const FocusShown = ({ children }: { children: Children }) => <div class="shown-focus">{unescaped(children)}</div>
