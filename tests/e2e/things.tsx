import { Elysia } from 'elysia'
import type { Guards } from '@/http/auth/guards'
import { notFound } from '@/http/response/http-errors'
import { LinkButton } from '@/ui/button'
import { Confirmation } from '@/ui/confirmation'
import { Form } from '@/ui/form'
import { Html } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'
import { PageHead } from '@/ui/page-head'

/** A list with confirmations and a form. Tests use it, because adopters may change the real pages. */
export function things({ loginRequired, freshLoginRequired }: Guards) {
  const names = new Set(['one', 'two'])
  const confirmed = new Elysia({ prefix: '/:name/delete' })
    .use(freshLoginRequired)
    .get('/', ({ params, reply }) => {
      if (!names.has(params.name)) throw notFound()
      return reply.page(DeletePage(params))
    })
    .post('/', ({ params, reply }) => {
      if (!names.delete(params.name)) throw notFound()
      return reply.redirect('/things', 'profile-saved')
    })
  const pages = new Elysia()
    .use(loginRequired)
    .get('/', ({ deps, reply }) =>
      reply.page({ title: 'Things', body: ThingsPage({ names: [...names], now: deps.now() }) }),
    )
    .post('/', ({ reply }) => reply.redirect('/things', 'profile-saved'))
  return new Elysia({ prefix: '/things' }).use(pages).use(confirmed)
}

const ThingsPage = ({ names, now }: { names: string[]; now: number }) => (
  <>
    <PageHead title="Things" />
    <ul>
      {names.map((name) => (
        <li>
          <LinkButton href={`/things/${name}/delete`} text={`Delete ${name}`} opensDialog />
        </li>
      ))}
    </ul>
    <p>
      Changed <LocalTime at={now} />
    </p>
    <Form action="/things" submit="Save">
      <input id="note" name="note" aria-label="Note" />
    </Form>
  </>
)

const DeletePage = ({ name }: { name: string }) =>
  Confirmation({
    title: `Delete ${name}?`,
    text: 'It cannot be restored.',
    action: `/things/${name}/delete`,
    submit: 'Delete',
    back: '/things',
  })
