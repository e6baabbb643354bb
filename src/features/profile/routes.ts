import { Elysia, t } from 'elysia'
import { findEmailState } from '@/model/accounts/verify-email'
import { isMailOn } from '@/model/mails/request-mail'
import { changeProfile, validateProfile, type Profile, type ProfileErrors } from '@/model/users/profile'
import type { User } from '@/model/types'
import { cookiesIn } from '@/http/request/cookies'
import { textField } from '@/http/request/form-fields'
import { readTheme, saveTheme } from '@/http/response/theme'
import type { Context } from '@/http/types/context'
import type { Guards } from '@/http/auth/guards'
import { ProfilePage } from './views'

const ProfileForm = t.Object({
  name: textField,
})

export const profile = ({ loginRequired }: Guards) =>
  new Elysia({ prefix: '/profile' })
    .use(loginRequired)
    .get('/', (context) => renderProfile(context, context.currentUser))
    .post(
      '/',
      async (context) => {
        const { deps, currentUser, body, reply } = context
        const errors = validateProfile(body)
        if (errors) return renderProfile(context, body, errors)

        await changeProfile(deps, currentUser, body)
        return reply.redirect('/profile', 'profile-saved')
      },
      { body: ProfileForm },
    )
    .post(
      '/theme',
      (context) => {
        saveTheme(cookiesIn(context), context.body.theme)
        return context.reply.redirect('/profile', 'theme-saved')
      },
      { body: t.Object({ theme: textField }) },
    )

type ProfileContext = Pick<Context, 'deps' | 'request' | 'internal' | 'reply'> & { currentUser: User }

async function renderProfile(context: ProfileContext, typed: Profile, errors?: ProfileErrors) {
  const { deps, currentUser: user, reply } = context
  const isVerificationOn = deps.config.emailVerification !== 'off'
  const address = { canChange: isMailOn(deps), state: isVerificationOn ? await findEmailState(deps, user) : undefined }
  return reply.page(ProfilePage({ user, typed, errors, theme: themeOf(context), address }), errors ? 422 : 200)
}

const themeOf = (context: Pick<Context, 'request' | 'internal'>) => readTheme(cookiesIn(context))
