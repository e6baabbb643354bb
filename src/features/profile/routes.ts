import { Elysia, t } from 'elysia'
import { validateName } from '@/model/users/name'
import { changeName } from '@/model/users/users'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { ProfilePage } from './views'

export const profile = ({ loginRequired }: Guards) =>
  new Elysia({ prefix: '/profile' })
    .use(loginRequired)
    .get('/', ({ currentUser, can, reply }) =>
      reply.page(ProfilePage({ user: currentUser, name: currentUser.name, can })),
    )
    .post(
      '/',
      async ({ deps, currentUser, body, can, reply }) => {
        const error = validateName(body.name)
        if (error) return reply.page(ProfilePage({ user: currentUser, name: body.name, error, can }), 422)

        await changeName(deps, currentUser, body.name)
        return reply.redirect('/profile', 'profile-saved')
      },
      { body: t.Object({ name: textField }) },
    )
