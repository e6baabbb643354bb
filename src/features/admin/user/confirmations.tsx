import { formatDuration } from '@/lib/duration'
import { quantity } from '@/lib/quantity'
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

/** `grace` in milliseconds. */
export const ConfirmDeletion = ({ account, path, access, isOwn, grace }: ConfirmProps & { grace: number }): View =>
  Confirmation({
    title: `Delete the account of ${account.name}?`,
    heading: (
      <>
        Delete the account of <bdi safe>{account.name}</bdi>?
      </>
    ),
    text: [
      sentence([...endedSessions(access), ...revokedTokens(access)]),
      `The account and everything in it will be deleted in ${formatDuration(grace)}. A login before then can keep it.`,
      ...(isOwn ? ['This is your own account.'] : []),
    ].join(' '),
    action: `${path}/delete`,
    submit: 'Delete account',
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
      isOwn ? 'Your own session is one of them.' : 'The user can log in again. API tokens stay valid.',
    ].join(' '),
    action: `${path}/end-sessions`,
    submit: 'End all sessions',
    back: path,
  })

const endedSessions = ({ sessions, rememberedDevices: devices }: AccessSummary) => [
  sessions === 0 ? 'No session is active' : `${quantity(sessions, 'session')} ${sessions === 1 ? 'ends' : 'end'} now`,
  ...(devices === 0 ? [] : [`${quantity(devices, 'device')} ${isOrAre(devices)} no longer remembered`]),
]

const revokedTokens = ({ apiTokens: tokens }: AccessSummary) =>
  tokens === 0 ? [] : [`${quantity(tokens, 'API token')} ${isOrAre(tokens)} revoked`]

const isOrAre = (n: number) => (n === 1 ? 'is' : 'are')

/** Clauses with a comma before `and`, also for two. */
const sentence = (clauses: string[]) => `${[...clauses.slice(0, -2), clauses.slice(-2).join(', and ')].join(', ')}.`
