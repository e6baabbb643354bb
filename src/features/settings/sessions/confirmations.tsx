import { quantity } from '@/lib/quantity'
import { browserName } from '@/lib/user-agent'
import type { AccessSummary } from '@/model/accounts/access-summary'
import type { RememberedDevice } from '@/model/sessions/session-list'
import type { Session } from '@/model/types'
import { Confirmation } from '@/ui/confirmation'

const SESSIONS_PATH = '/settings/sessions'

type EndSessionProps = { id: string; session: Session | RememberedDevice; isCurrent: boolean }

export const EndSessionPage = ({ id, session, isCurrent }: EndSessionProps) => {
  const name = browserName(session.user_agent)
  const isDevice = 'remembered_until' in session
  return Confirmation({
    title: isDevice ? `Forget ${name}?` : `Log out ${name}?`,
    text: [
      isDevice ? '' : isCurrent ? 'The session that you are using ends now.' : `1 session${from(session)} ends now.`,
      session.series_id === null ? '' : `${name} is no longer remembered.`,
      `You must log in again with ${name}.`,
    ]
      .filter(Boolean)
      .join(' '),
    action: `${SESSIONS_PATH}/${encodeURIComponent(id)}/end`,
    submit: isDevice ? 'Forget' : 'Log out',
    back: SESSIONS_PATH,
  })
}

const from = ({ last_ip }: Session) => (last_ip === '' ? '' : ` from ${last_ip}`)

type EndOthersProps = AccessSummary & { isTwoStep: boolean }

export const EndOthersPage = ({ sessions, rememberedDevices, isTwoStep }: EndOthersProps) =>
  Confirmation({
    title: 'Log out all other devices?',
    text:
      sessions + rememberedDevices === 0
        ? 'No other device is logged in or remembered.'
        : [
            sessions === 0 ? '' : `${quantity(sessions, 'other session')} ${sessions === 1 ? 'ends' : 'end'} now.`,
            rememberedDevices === 0
              ? ''
              : `${quantity(rememberedDevices, 'other device')} ${rememberedDevices === 1 ? 'is' : 'are'} no longer remembered.`,
            'You must log in again on other devices.',
            isTwoStep ? 'Other trusted browsers ask for the second step again.' : '',
            'API tokens keep working.',
          ]
            .filter(Boolean)
            .join(' '),
    action: `${SESSIONS_PATH}/end-others`,
    submit: 'Log out all other devices',
    back: SESSIONS_PATH,
  })
