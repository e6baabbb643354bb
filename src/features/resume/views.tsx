import type { WaitingDraft } from '@/model/drafts'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { Moment } from '@/ui/moment'

/** What is about to be sent, before it is: the person may have forgotten, or may have changed their mind. */
export const ResumePage = ({ drafts }: { drafts: WaitingDraft[] }): View => ({
  title: 'Send it now?',
  body: (
    <>
      <h1>Nothing is lost</h1>
      <p class="lead narrow">This had to wait for your password, so it has not been done yet. Send it now?</p>
      {drafts.map((draft) => (
        <DraftCard draft={draft} />
      ))}
    </>
  ),
})

const DraftCard = ({ draft: { id, path, fields, omitted, created_at } }: { draft: WaitingDraft }) => (
  <section class="card draft">
    <h2>
      For <code safe>{path}</code>
    </h2>
    <p>
      <small>
        Written on <Moment at={created_at} />.
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
        Not kept, for your safety: <strong safe>{omitted.map(labelOf).join(', ')}</strong>. It is sent empty, and where
        it is needed you are asked for it again.
      </p>
    )}
    <div class="actions">
      <Form action="/resume" submit="Send it now" label={`Send it now, for ${path}`}>
        <input type="hidden" name="draft" value={id} />
      </Form>
      <Form action="/resume/discard" submit="Throw it away" label={`Throw it away, for ${path}`} isQuiet>
        <input type="hidden" name="draft" value={id} />
      </Form>
    </div>
  </section>
)

/** The name of a field in words: expires_days -> Expires days. */
function labelOf(name: string) {
  const words = name.replace(/[_-]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
