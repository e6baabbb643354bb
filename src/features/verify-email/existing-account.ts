import { verifyPassword } from '@/model/accounts/authenticate'
import { confirmEmailChange } from '@/model/accounts/confirm-email-change'
import { confirmEmail, declineAddress, findAddressLink, type AddressLink } from '@/model/accounts/verify-email'
import { sha256 } from '@/lib/encoding'
import { cookiesIn } from '@/http/request/cookies'
import { authStatus } from '@/http/response/auth-status'
import { readFlow } from '@/http/response/flow-cookie'
import { reportOpened } from '@/http/response/link-events'
import type { Context } from '@/http/types/context'
import { AddressDeclinedPage, AddressLinkPage, EmailUnavailablePage } from './existing-views'
import { type LinkPages } from './link'
import { ConfirmedForOtherPage, ConfirmPage } from './views'

/**
 * Links of the purposes `verify-email` and `change-email`. The mailbox alone confirms nothing: the user is logged in to the
 * account, or types its password.
 */
export const existingAccountLinks: LinkPages = {
  async render(context, token) {
    const link = await findAddressLink(context.deps, token)
    if (!link) return undefined
    reportOpened(context, link.purpose)
    return context.reply.page(isOwn(context, link) ? ConfirmPage({ email: link.email }) : AddressLinkPage(link))
  },

  async confirm(context, token, { password = '' }) {
    const { deps, client, reply } = context
    const link = await findAddressLink(deps, token)
    if (!link) return undefined
    if (isOwn(context, link)) return useLink(context, link, token)
    const tried = await verifyPassword(deps, link.user, password, client)
    if (tried.kind === 'invalid' || tried.kind === 'rate-limited')
      return reply.page(AddressLinkPage({ ...link, failure: tried }), ...authStatus(tried))
    return useLink(context, link, token)
  },

  async decline(context, token) {
    const { deps, reply } = context
    const link = await findAddressLink(deps, token)
    if (!link || !(await declineAddress(deps, link, token))) return undefined
    cookiesIn(context).clear('one-time')
    return reply.page(AddressDeclinedPage())
  },
}

const isOwn = ({ currentUser, session }: Context, { user }: AddressLink) =>
  session !== undefined && currentUser?.id === user.id

async function useLink(context: Context, link: AddressLink, token: string) {
  const { currentUser, loginUrl, reply } = context
  const cookies = cookiesIn(context)
  const used = await confirmLink(context, link, token)
  if (used.kind === 'invalid') return undefined
  cookies.clear('one-time')
  const flow = readFlow(cookies)
  if (flow !== undefined && sha256(flow) === link.flow_hash) cookies.clear('flow') // the code is used as well
  if (used.kind === 'unavailable') return reply.page(EmailUnavailablePage(), 409)
  if (used.sessionToken) cookies.set('session', used.sessionToken)
  if (isOwn(context, link)) return reply.redirect('/settings/email', 'email-confirmed')
  if (currentUser) return reply.page(ConfirmedForOtherPage({ email: link.email, other: currentUser.email }))
  return reply.redirect(loginUrl(), 'email-confirmed')
}

type Used = { kind: 'invalid' } | { kind: 'unavailable' } | { kind: 'used'; sessionToken?: string }

async function confirmLink(context: Context, link: AddressLink, token: string): Promise<Used> {
  const { deps, client } = context
  if (link.purpose === 'verify-email')
    return { kind: (await confirmEmail(deps, link.user, token, client)) ? 'used' : 'invalid' }
  const session = isOwn(context, link) ? context.session : undefined
  const changed = await confirmEmailChange(deps, link.user, token, { session, client })
  return changed.kind === 'changed' ? { kind: 'used', sessionToken: changed.sessionToken } : changed
}
