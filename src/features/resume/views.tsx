import type { DiscardedRequest, StoredRequest } from '@/model/saved-requests/saved-requests'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'

type ResumeProps = { savedRequests: StoredRequest[]; discarded: DiscardedRequest[] }

export const ResumePage = ({ savedRequests, discarded }: ResumeProps): View => {
  const title = savedRequests.length > 0 ? 'Finish sending your form' : 'Your form was not kept'
  return {
    title,
    body: (
      <>
        <h1>{title}</h1>
        <p class="lead">Your session expired before this form was sent.</p>
        {discarded.map((one) => (
          <DiscardedCard discarded={one} />
        ))}
        {savedRequests.map((savedRequest) => (
          <SavedRequestCard savedRequest={savedRequest} />
        ))}
      </>
    ),
  }
}

const discardReasons: Record<DiscardedRequest['reason'], string> = {
  'too-many': 'Too many forms were waiting for a login, so one or more of yours were discarded. Enter them again.',
  'too-large': 'A form was too large to be kept until your login. Enter it again.',
}

const DiscardedCard = ({ discarded: { id, created_at, reason } }: { discarded: DiscardedRequest }) => (
  <section class="card saved-request stack">
    <h2>Form not kept</h2>
    <p>
      <small>
        Sent <LocalTime at={created_at} />.
      </small>
    </p>
    <p safe>{discardReasons[reason]}</p>
    <div class="actions">
      <Form action="/resume/discard" submit="OK" kind="secondary">
        <input type="hidden" name="id" value={id} />
      </Form>
    </div>
  </section>
)

const SavedRequestCard = ({ savedRequest }: { savedRequest: StoredRequest }) => {
  const { id, path, fields, omitted, created_at, state, claimed_at } = savedRequest
  const send = state === 'interrupted' ? 'Send again' : 'Send now'
  return (
    <section class="card saved-request stack">
      <h2>
        Form for <code safe>{path}</code>
      </h2>
      <p>
        <small>
          Saved <LocalTime at={created_at} />.
        </small>
      </p>
      <Progress savedRequest={savedRequest} />
      {fields.length === 0 ? null : (
        <dl class="facts">
          {fields.map(([name, value]) => (
            <>
              <dt safe>{labelOf(name)}</dt>
              <dd class="value" safe>
                {value === '' ? '(empty)' : value}
              </dd>
            </>
          ))}
        </dl>
      )}
      {omitted.length === 0 ? null : (
        <p>
          Not stored for your safety: <strong safe>{omitted.map(labelOf).join(', ')}</strong>. You will be asked for it
          again if needed.
        </p>
      )}
      {state === 'elsewhere' ? null : (
        <div class="actions">
          <Form action="/resume" submit={send} ariaLabel={`${send}: form for ${path}`}>
            <input type="hidden" name="id" value={id} />
            {state === 'interrupted' ? <input type="hidden" name="interrupted_at" value={`${claimed_at}`} /> : <></>}
          </Form>
          <Form action="/resume/discard" submit="Discard" ariaLabel={`Discard: form for ${path}`} kind="secondary">
            <input type="hidden" name="id" value={id} />
          </Form>
        </div>
      )}
    </section>
  )
}

const Progress = ({ savedRequest: { state, claimed_at } }: { savedRequest: StoredRequest }) => {
  if (state === 'free' || claimed_at === null) return <p>Nothing was saved yet.</p>
  if (state === 'elsewhere') return <p>Your last attempt has not finished. Check the result in a minute.</p>
  return (
    <p class="form-error">
      This form may have been sent: the attempt from <LocalTime at={claimed_at} /> was interrupted. Check before you
      send it again.
    </p>
  )
}

/** expires_days -> Expires days */
function labelOf(name: string) {
  const words = name.replace(/[_-]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
