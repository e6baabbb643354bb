import type { listDrafts } from '@/model/drafts'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { Moment } from '@/ui/moment'

type Waiting = Awaited<ReturnType<typeof listDrafts>>[number]

/** What is about to be sent, before it is: the person may have forgotten, or may have changed their mind. */
export const ResumePage = ({ drafts }: { drafts: Waiting[] }): View => ({
  title: 'Send it now?',
  body: (
    <>
      <h1>Nothing is lost</h1>
      <p class="lead narrow">Your session had ended when you sent this, so it has not been done yet. Send it now?</p>
      {drafts.map((draft) => (
        <DraftCard draft={draft} />
      ))}
    </>
  ),
})

const DraftCard = ({ draft: { id, path, fields, created_at } }: { draft: Waiting }) => (
  <section class="card draft">
    <h2>
      For <code safe>{path}</code>
    </h2>
    <p>
      <small>
        Written on <Moment at={created_at} />. Passwords are never kept: where one is needed you are asked again.
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
    <div class="actions">
      <Form action="/resume" submit="Send it now">
        <input type="hidden" name="draft" value={id} />
      </Form>
      <Form action="/resume/discard" submit="Throw it away" isQuiet>
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
