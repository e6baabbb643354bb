import { Elysia, t } from 'elysia'
import { flawInName } from '@/model/users/name'
import { changeName } from '@/model/users/users'
import { text } from '@/http/request/form-fields'
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
        const mistake = flawInName(body.name)
        if (mistake) return reply.page(ProfilePage({ user: currentUser, name: body.name, mistake, can }), 422)

        await changeName(deps, currentUser, body.name)
        return reply.go('/profile', 'profile-saved')
      },
      { body: t.Object({ name: text }) },
    )
