import type { WaitingDraft } from '@/model/saved-requests/saved-requests'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { Moment } from '@/ui/local-time'

export const ResumePage = ({ drafts }: { drafts: WaitingDraft[] }): View => ({
  title: 'Finish sending your form',
  body: (
    <>
      <h1>Finish sending your form</h1>
      <p class="lead narrow">Your session expired before this form was sent. Nothing was saved yet.</p>
      {drafts.map((draft) => (
        <DraftCard draft={draft} />
      ))}
    </>
  ),
})

const DraftCard = ({ draft: { id, path, fields, omitted, created_at } }: { draft: WaitingDraft }) => (
  <section class="card draft">
    <h2>
      Form for <code safe>{path}</code>
    </h2>
    <p>
      <small>
        Saved <Moment at={created_at} />.
      </small>
    </p>
    {fields.length === 0 ? null : (
      <dl>
        {fields.map(([name, value]) => (
          <>
            <dt safe>{labelOf(name)}</dt>
            <dd class="typed" safe>
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
      <Form action="/resume" submit="Send now" label={`Send now: form for ${path}`}>
        <input type="hidden" name="id" value={id} />
      </Form>
      <Form action="/resume/discard" submit="Discard" label={`Discard: form for ${path}`} isQuiet>
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
