import { capitalize } from '@/lib/capitalize'
import type { DiscardedRequest, StoredRequest } from '@/model/saved-requests/saved-requests'
import { Fact, Facts } from '@/ui/card'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'
import { FocusedPage } from '@/ui/page-head'
import type { FormPage } from './form-page'

type SavedForm = { saved: StoredRequest; page: FormPage }
type ResumeProps = { forms: SavedForm[]; discarded: DiscardedRequest[] }

export const ResumePage = ({ forms, discarded }: ResumeProps): View => {
  const title = forms.length > 0 ? 'Finish your form' : 'Your form was not kept'
  return {
    title,
    isFocused: true,
    body: (
      <FocusedPage title={title}>
        <p>Your session ended before this form was sent.</p>
        <>
          {discarded.map((one) => (
            <DiscardedForm discarded={one} />
          ))}
          {forms.map((form, i) => (
            <WaitingForm {...form} isFirst={i === 0} />
          ))}
        </>
      </FocusedPage>
    ),
  }
}

const discardReasons: Record<DiscardedRequest['reason'], string> = {
  'too-many': 'Too many forms were waiting for a login, so one or more of yours were discarded. Enter them again.',
  'too-large': 'A form was too large to be kept until your login. Enter it again.',
}

const DiscardedForm = ({ discarded: { id, created_at, reason } }: { discarded: DiscardedRequest }) => (
  <div class="stack">
    <hr />
    <h2>Form not kept</h2>
    <p class="muted small">
      Sent <LocalTime at={created_at} />
    </p>
    <p safe>{discardReasons[reason]}</p>
    <div class="actions">
      <Form action="/resume/discard" submit="OK" kind="secondary">
        <input type="hidden" name="id" value={id} />
      </Form>
    </div>
  </div>
)

const WaitingForm = ({ saved, page, isFirst }: SavedForm & { isFirst: boolean }) => {
  const { id, path, fields, omitted, created_at, state, claimed_at } = saved
  const title = page.title || wordsOf(path)
  const label = (name: string) => page.labels.get(name) || toWords(name)
  const visible = fields.filter(([name]) => !page.hiddenFields.has(name))
  const valuesByName = Map.groupBy(visible, ([name]) => name) // several choices have one name
  const send = state === 'interrupted' ? 'Send again' : 'Save now'
  return (
    <div class="stack">
      <hr />
      <h2 dir="auto" safe>
        {title}
      </h2>
      <p class="muted small">
        Sent <LocalTime at={created_at} />
      </p>
      {visible.length === 0 ? (
        ''
      ) : (
        <Facts>
          {Array.from(valuesByName, ([name, pairs]) => (
            <Fact label={label(name)} isTyped>
              {Html.escapeHtml(pairs.map(([, value]) => value).join(', ') || '(empty)')}
            </Fact>
          ))}
        </Facts>
      )}
      {omitted.length === 0 ? (
        ''
      ) : (
        <p>
          Not stored for your safety: <strong safe>{omitted.map(label).join(', ')}</strong>. You will be asked for it
          again if needed.
        </p>
      )}
      <Progress saved={saved} />
      {state === 'elsewhere' ? (
        ''
      ) : (
        <div class="actions">
          <Form action="/resume" submit={send} kind={isFirst ? 'primary' : 'secondary'} ariaLabel={`${send}: ${title}`}>
            <input type="hidden" name="id" value={id} />
            {state === 'interrupted' ? <input type="hidden" name="interrupted_at" value={`${claimed_at}`} /> : <></>}
          </Form>
          <Form action="/resume/discard" submit="Discard" ariaLabel={`Discard: ${title}`} kind="secondary">
            <input type="hidden" name="id" value={id} />
          </Form>
        </div>
      )}
    </div>
  )
}

const Progress = ({ saved: { state, claimed_at } }: { saved: StoredRequest }) => {
  if (state === 'free' || claimed_at === null) return <p>Nothing was saved yet.</p>
  if (state === 'elsewhere') return <p>Your last attempt has not finished. Check the result in a minute.</p>
  return (
    <p class="form-error">
      This form may have been sent: the attempt from <LocalTime at={claimed_at} /> was interrupted. Check before you
      send it again.
    </p>
  )
}

/** /settings/api-tokens/8f3 -> Settings, api tokens */
const wordsOf = (path: string) =>
  toWords(
    path
      .split('?')[0]
      ?.split('/')
      .filter((part) => /^[a-z-]+$/.test(part))
      .join(', ') || 'form',
  )

/** expires_days -> Expires days */
const toWords = (name: string) => capitalize(name.replace(/[_-]+/g, ' ').trim())
