import { Elysia, t } from 'elysia'
import type { User } from '@/model/types'
import { validateName } from '@/model/users/name'
import { changeName } from '@/model/users/users'
import { cookiesOf } from '@/http/request/cookies'
import { textField } from '@/http/request/form-fields'
import { readTheme, saveTheme } from '@/http/response/theme'
import type { Context } from '@/http/types'
import type { Guards } from '@/http/auth/guards'
import { ProfilePage } from './views'

export const profile = ({ loginRequired }: Guards) =>
  new Elysia({ prefix: '/profile' })
    .use(loginRequired)
    .get('/', (context) => context.reply.page(ProfilePage(pageProps(context, context.currentUser))))
    .post(
      '/',
      async (context) => {
        const { deps, currentUser, body, reply } = context
        const error = validateName(body.name)
        if (error) return reply.page(ProfilePage({ ...pageProps(context, currentUser), name: body.name, error }), 422)

        await changeName(deps, currentUser, body.name)
        return reply.redirect('/profile', 'profile-saved')
      },
      { body: t.Object({ name: textField }) },
    )
    .post(
      '/theme',
      ({ request, internal, body, reply }) => {
        saveTheme(cookiesOf(internal.auth, request), body.theme)
        return reply.redirect('/profile', 'theme-saved')
      },
      { body: t.Object({ theme: textField }) },
    )

function pageProps({ request, internal }: Pick<Context, 'request' | 'internal'>, user: User) {
  return { user, name: user.name, theme: readTheme(cookiesOf(internal.auth, request)) }
}
