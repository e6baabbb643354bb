import { quantity } from '@/lib/quantity'
import type { AccessSummary } from '@/model/accounts/access-summary'
import { Html } from './html'
import { LocalTime } from './local-time'

/** `2 active sessions, 1 remembered device` */
export const SessionState = ({ sessions, rememberedDevices }: AccessSummary) => (
  <span safe>
    {[
      quantity(sessions, 'active session'),
      rememberedDevices === 0 ? '' : quantity(rememberedDevices, 'remembered device'),
    ]
      .filter(Boolean)
      .join(', ')}
  </span>
)

/** `2 tokens, last used 3 hours ago` */
export const TokenState = ({ apiTokens, apiTokenUsedAt }: AccessSummary) => {
  if (apiTokens === 0) return <>No tokens</>
  return (
    <>
      <span safe>{quantity(apiTokens, 'token')}</span>,{' '}
      {apiTokenUsedAt === null ? (
        'never used'
      ) : (
        <>
          last used <LocalTime at={apiTokenUsedAt} />
        </>
      )}
    </>
  )
}
