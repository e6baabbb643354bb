import { LinkButton } from '@/ui/button'
import { Html } from '@/ui/html'
import { List } from '@/ui/list-row'
import { Section } from '@/ui/page-head'
import { PasskeysElsewhere } from '@/ui/passkey-form'
import { StatusCard } from '../status-card'
import type { SecurityProps } from '../props'
import { PasskeyRow } from './row'

export const PasskeysSection = ({ overview, session, renamed, passkeyPlace, appUrl, withNext }: SecurityProps) => (
  <Section title="Passkeys" id="passkeys">
    <div class="stack">
      <StatusCard
        status={
          <>
            Log in with your fingerprint, face or PIN instead of a password. A passkey only works on this site, which
            protects you from phishing.
          </>
        }
      >
        {passkeyPlace === 'here' ? (
          <LinkButton
            href={withNext('/settings/security/passkeys/new')}
            text="Add a passkey"
            kind="secondary"
            asksForPassword
          />
        ) : passkeyPlace === 'elsewhere' ? (
          <PasskeysElsewhere url={appUrl} />
        ) : (
          <p class="small" safe>{`Passkeys need HTTPS and a domain name. This site runs at ${appUrl}.`}</p>
        )}
      </StatusCard>
      {overview.passkeys.length === 0 ? (
        <></>
      ) : (
        <List>
          {overview.passkeys.map((passkey) => (
            <PasskeyRow passkey={passkey} isOfSession={session.passkey_id === passkey.id} renamed={renamed} />
          ))}
        </List>
      )}
      {overview.passkeys.length === 1 ? (
        <p class="small">Add a second passkey so you can still log in if you lose this device.</p>
      ) : (
        <></>
      )}
    </div>
  </Section>
)
