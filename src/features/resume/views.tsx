import type { StoredRequest } from '@/model/saved-requests/saved-requests'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'

export const ResumePage = ({ savedRequests }: { savedRequests: StoredRequest[] }): View => ({
  title: 'Finish sending your form',
  body: (
    <>
      <h1>Finish sending your form</h1>
      <p class="lead prose">Your session expired before this form was sent. Nothing was saved yet.</p>
      {savedRequests.map((savedRequest) => (
        <SavedRequestCard savedRequest={savedRequest} />
      ))}
    </>
  ),
})

const SavedRequestCard = ({
  savedRequest: { id, path, fields, omitted, created_at },
}: {
  savedRequest: StoredRequest
}) => (
  <section class="card saved-request">
    <h2>
      Form for <code safe>{path}</code>
    </h2>
    <p>
      <small>
        Saved <LocalTime at={created_at} />.
      </small>
    </p>
    {fields.length === 0 ? null : (
      <dl>
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
    <div class="actions">
      <Form action="/resume" submit="Send now" ariaLabel={`Send now: form for ${path}`}>
        <input type="hidden" name="id" value={id} />
      </Form>
      <Form action="/resume/discard" submit="Discard" ariaLabel={`Discard: form for ${path}`} isSecondary>
        <input type="hidden" name="id" value={id} />
      </Form>
    </div>
  </section>
)

/** expires_days -> Expires days */
function labelOf(name: string) {
  const words = name.replace(/[_-]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
