import { Elysia, t } from 'elysia'
import { flawInName } from '@/model/names'
import { changeName } from '@/model/users'
import { text } from '@/web/fields'
import type { Guards } from '@/web/guards'
import { ProfilePage } from './views'

export const profile = ({ loginRequired }: Guards) =>
  new Elysia({ prefix: '/profile' })
    .use(loginRequired)
    .get('/', ({ currentUser, reply }) => reply.page(ProfilePage({ user: currentUser, name: currentUser.name })))
    .post(
      '/',
      async ({ deps, currentUser, body, reply }) => {
        const mistake = flawInName(body.name)
        if (mistake) return reply.page(ProfilePage({ user: currentUser, name: body.name, mistake }), 422)

        await changeName(deps, currentUser, body.name)
        return reply.go('/profile', 'profile-saved')
      },
      { body: t.Object({ name: text }) },
    )
