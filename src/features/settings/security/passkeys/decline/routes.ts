import { Elysia, t } from 'elysia'
import { declinePasskey } from '@/model/passkeys/offer'
import type { Guards } from '@/http/auth/guards'
import { readReturnPath } from '@/http/auth/return-path'
import { doNotSave } from '@/http/auth/saved-request'
import { textField } from '@/http/request/form-fields'

export const passkeyOffer = ({ loginRequired }: Guards) =>
  new Elysia({ prefix: '/settings/security/passkeys/decline', ...doNotSave }).use(loginRequired).post(
    '/',
    async ({ deps, request, body, currentUser, internal, reply }) => {
      const { returnPath } = readReturnPath(internal.auth, request, body)
      await declinePasskey(deps, currentUser)
      return reply.canReplace() ? reply.partial('') : reply.redirect(returnPath)
    },
    { body: t.Object({ next: textField }) },
  )
