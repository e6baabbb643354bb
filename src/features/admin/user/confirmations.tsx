import type { AccessSummary } from '@/model/accounts/access-summary'
import type { User } from '@/model/types'
import { Confirmation } from '@/ui/confirmation'
import { Html, type View } from '@/ui/html'

type ConfirmProps = {
  account: User
  path: string
  access: AccessSummary
  /** The account of the admin who reads this. */
  isOwn: boolean
}

export const ConfirmDeactivation = ({ account, path, access, isOwn }: ConfirmProps): View =>
  Confirmation({
    title: `Deactivate ${account.name}?`,
    heading: (
      <>
        Deactivate <bdi safe>{account.name}</bdi>?
      </>
    ),
    text: [
      sentence([...endedSessions(access), ...revokedTokens(access), 'this account can no longer log in']),
      isOwn ? 'This is your own account.' : 'You can activate it again later.',
    ].join(' '),
    action: `${path}/deactivate`,
    submit: 'Deactivate',
    back: path,
  })

export const ConfirmEndOfSessions = ({ account, path, access, isOwn }: ConfirmProps): View =>
  Confirmation({
    title: `End all sessions of ${account.name}?`,
    heading: (
      <>
        End all sessions of <bdi safe>{account.name}</bdi>?
      </>
    ),
    text: [
      sentence(endedSessions(access)),
      isOwn ? 'Your own session is one of them.' : 'The password still works for a new login. API tokens stay valid.',
    ].join(' '),
    action: `${path}/end-sessions`,
    submit: 'End all sessions',
    back: path,
  })

const endedSessions = ({ sessions, rememberedDevices: devices }: AccessSummary) => [
  sessions === 0 ? 'No session is active' : sessions === 1 ? '1 session ends now' : `${sessions} sessions end now`,
  ...(devices === 0
    ? []
    : [devices === 1 ? '1 remembered device is forgotten' : `${devices} remembered devices are forgotten`]),
]

const revokedTokens = ({ apiTokens: tokens }: AccessSummary) =>
  tokens === 0 ? [] : [tokens === 1 ? '1 API token is revoked' : `${tokens} API tokens are revoked`]

/** Clauses with a comma before `and`, also for two. */
const sentence = (clauses: string[]) => `${[...clauses.slice(0, -2), clauses.slice(-2).join(', and ')].join(', ')}.`
