import { Elysia, t } from 'elysia'
import { readReturnPath } from '@/http/auth/return-path'
import { cookiesIn } from '@/http/request/cookies'
import { textField } from '@/http/request/form-fields'
import { LinkQuery, takeLinkToken } from '@/http/response/link-token'
import { readLinkText, saveLinkText } from '@/http/response/one-time-cookie'
import type { Context } from '@/http/types/context'
import type { Guards } from '@/http/auth/guards'
import { confirmCode, renderCodePage, resendCode } from './code-page'
import { existingAccountLinks } from './existing-account'
import { refuse, type LinkPages } from './link'
import { loginLinks } from './login'
import { signUpLinks } from './sign-up'

const typed = t.Optional(t.String())
const Return = t.Object({ next: textField })
/** One of them, or none for a button. */
const Proof = t.Object({ code: typed, password: typed, new_password: typed, next: textField })

/** The purpose of a token decides whose pages a link shows. */
const ALL_LINKS: LinkPages[] = [signUpLinks, loginLinks, existingAccountLinks]

/** The link of a mail, or the code of it in the browser that asked for the mail. */
export const emailVerification = ({ anyone }: Guards) =>
  new Elysia({ prefix: '/verify-email' })
    .use(anyone)
    .get(
      '/',
      async (context) => {
        const moved = takeLinkToken(context, '/verify-email', saveLinkText)
        if (moved) return moved
        const target = targetOf(context)
        const token = readLinkText(cookiesIn(context))
        if (token === undefined) return renderCodePage(context, target)
        return answerLink(context, (links) => links.render(context, token, target))
      },
      { query: LinkQuery },
    )
    .post(
      '/',
      async (context) => {
        const { code, ...fields } = context.body
        const target = targetOf(context)
        const token = readLinkText(cookiesIn(context))
        if (code !== undefined || token === undefined) return confirmCode(context, code ?? '', target)
        return answerLink(context, (links) => links.confirm(context, token, fields, target))
      },
      { body: Proof },
    )
    .post('/resend', async (context) => resendCode(context, targetOf(context)), { body: Return })
    .post('/decline', async (context) => {
      const token = readLinkText(cookiesIn(context)) ?? ''
      return answerLink(context, (links) => links.decline(context, token))
    })

const targetOf = ({ internal, request, body }: Pick<Context, 'internal' | 'request'> & { body?: unknown }) =>
  readReturnPath(internal.auth, request, body)

async function answerLink(context: Context, answer: (links: LinkPages) => Promise<Response | undefined>) {
  for (const links of ALL_LINKS) {
    const response = await answer(links)
    if (response) return response
  }
  return refuse(context)
}
