import type { AuthenticatorApp } from '@/model/authenticator-apps/authenticator-apps'
import { Html } from '@/ui/html'
import { FactorRow, FactorTimes } from '../factor-row'
import type { SecurityExtras } from '../props'

type AppRowProps = Pick<SecurityExtras, 'renamed'> & { app: AuthenticatorApp }

export const AppRow = ({ app, renamed }: AppRowProps) => (
  <FactorRow
    factor={app}
    icon="phone"
    noun="authenticator app"
    line={<FactorTimes addedAt={app.confirmed_at} usedAt={app.last_used_at} />}
    path={`/settings/security/app/${app.id}`}
    renamed={renamed}
  />
)
