import { Elysia, t } from 'elysia'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { ConfirmationPage, StyleGuidePage } from './views'

/** For development only. */
export const styleguide = ({ anyone }: Guards) =>
  new Elysia({ prefix: '/styleguide' })
    .use(anyone)
    .get('/', ({ deps, reply }) => reply.page(StyleGuidePage({ now: deps.now() })))
    .post('/', ({ deps, body, reply }) => reply.page(StyleGuidePage({ now: deps.now(), typed: body }), 422), {
      body: t.Object({
        text: textField,
        number: textField,
        date: textField,
        select: textField,
        choice: textField,
        details: textField,
      }),
    })
    .get('/confirmation', ({ reply }) => reply.page(ConfirmationPage()))
    .post('/confirmation', ({ reply }) => reply.redirect('/styleguide'))
