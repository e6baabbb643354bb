import { Elysia, t } from 'elysia'
import { changeProfile, validateProfile } from '@/model/users/profile'
import { cookiesOf } from '@/http/request/cookies'
import { textField } from '@/http/request/form-fields'
import { readTheme, saveTheme } from '@/http/response/theme'
import type { Context } from '@/http/types'
import type { Guards } from '@/http/auth/guards'
import { ProfilePage } from './views'

const ProfileForm = t.Object({
  name: textField,
})

export const profile = ({ loginRequired }: Guards) =>
  new Elysia({ prefix: '/profile' })
    .use(loginRequired)
    .get('/', (context) => {
      const { currentUser, reply } = context
      return reply.page(ProfilePage({ user: currentUser, typed: currentUser, theme: themeOf(context) }))
    })
    .post(
      '/',
      async (context) => {
        const { deps, currentUser, body, reply } = context
        const errors = validateProfile(body)
        if (errors)
          return reply.page(ProfilePage({ user: currentUser, typed: body, errors, theme: themeOf(context) }), 422)

        await changeProfile(deps, currentUser, body)
        return reply.redirect('/profile', 'profile-saved')
      },
      { body: ProfileForm },
    )
    .post(
      '/theme',
      ({ request, internal, body, reply }) => {
        saveTheme(cookiesOf(internal.auth, request), body.theme)
        return reply.redirect('/profile', 'theme-saved')
      },
      { body: t.Object({ theme: textField }) },
    )

const themeOf = ({ request, internal }: Pick<Context, 'request' | 'internal'>) =>
  readTheme(cookiesOf(internal.auth, request))
