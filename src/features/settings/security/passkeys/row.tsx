import { authenticatorName } from '@/lib/authenticator-names'
import { browserName } from '@/lib/user-agent'
import type { PasskeyDetails } from '@/model/accounts/security-overview'
import { Badge } from '@/ui/badge'
import { Fact, Facts } from '@/ui/card'
import { Html } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'
import { FactorRow, FactorTimes } from '../factor-row'
import type { SecurityExtras } from '../props'

type PasskeyRowProps = Pick<SecurityExtras, 'renamed'> & {
  passkey: PasskeyDetails
  /** The user logged in to this session with it. */
  isOfSession: boolean
}

export const PasskeyRow = ({ passkey, isOfSession, renamed }: PasskeyRowProps) => (
  <FactorRow
    factor={passkey}
    icon="key"
    noun="passkey"
    badges={isOfSession ? <Badge text="Used for this session" tone="info" /> : undefined}
    isAttention={passkey.state === 'flagged'}
    line={<PasskeyLine {...passkey} />}
    more={
      <>
        {limitsOf(passkey).map((text) => (
          <p safe>{text}</p>
        ))}
        <Facts>
          <Fact label="Saved in">
            <span safe>{authenticatorName(passkey.aaguid) ?? 'an unknown authenticator'}</span>
            {passkey.is_backed_up === 1 ? ', synced' : ', on one device'}
          </Fact>
          <Fact label="Added">
            <LocalTime at={passkey.created_at} show="exact" />
          </Fact>
          {passkey.last_used_at === null ? (
            <></>
          ) : (
            <Fact label="Last used">
              <LocalTime at={passkey.last_used_at} show="exact" />
              {passkey.browser === undefined ? '' : <span safe>{` with ${browserName(passkey.browser)}`}</span>}
            </Fact>
          )}
        </Facts>
      </>
    }
    path={`/settings/security/passkeys/${passkey.id}`}
    renamed={renamed}
  />
)

const PasskeyLine = (passkey: PasskeyDetails) => {
  if (passkey.state === 'flagged') return <>Blocked: it may have been copied. Remove it.</>
  if (passkey.state === 'foreign')
    return (
      <>
        Created for <span safe>{passkey.rp_id}</span>. Doesn’t work here.
      </>
    )
  return <FactorTimes addedAt={passkey.created_at} usedAt={passkey.last_used_at} />
}

/** Why a passkey is only a second factor. */
const limitsOf = ({ is_discoverable, is_user_verifying }: PasskeyDetails) => [
  ...(is_discoverable === 1 ? [] : ['Can’t be used to log in without a password.']),
  ...(is_user_verifying === 1 ? [] : ['Doesn’t check a PIN or fingerprint, so it can’t replace your password.']),
]
