import { Confirmation } from '@/ui/confirmation'
import { Html, type View } from '@/ui/html'
import { PageHead, Sections } from '@/ui/page-head'
import { Basics } from './basics'
import { Controls, type Typed } from './controls'
import { Lists } from './lists'

const contents = {
  colors: 'Colors',
  type: 'Type',
  space: 'Space',
  buttons: 'Buttons',
  badges: 'Badges',
  messages: 'Messages',
  avatar: 'Avatar',
  fields: 'Fields',
  choices: 'Choices',
  form: 'Form',
  lists: 'Lists',
  table: 'Table',
  facts: 'Facts',
  'empty-state': 'Empty state',
  'copy-field': 'Copy field',
  'code-block': 'Code block',
  times: 'Times',
  days: 'Days',
  'danger-zone': 'Danger zone',
}

type StyleGuideProps = {
  /** Epoch milliseconds. */
  now: number
  /** The values of the form that was sent. */
  typed?: Typed
}

export const StyleGuidePage = ({ now, typed }: StyleGuideProps): View => ({
  title: 'Style guide',
  body: (
    <div class="narrow">
      <PageHead
        title="Style guide"
        lead={<>Every component of src/ui in every state. This page does not exist in production.</>}
      />
      <nav class="filters" aria-label="Contents">
        {Object.entries(contents).map(([id, text]) => (
          <a href={`#${id}`} safe>
            {text}
          </a>
        ))}
      </nav>
      <Sections>
        <Basics />
        <Controls typed={typed} />
        <Lists now={now} />
      </Sections>
    </div>
  ),
})

export const ConfirmationPage = () =>
  Confirmation({
    title: 'Deactivate Dan Demo?',
    text: '3 sessions end now, and this account can no longer log in. This is an example: nothing happens.',
    action: '/styleguide/confirmation',
    submit: 'Deactivate',
    back: '/styleguide',
  })
