import { LinkButton } from '@/ui/button'
import { Form } from '@/ui/form'
import { Html } from '@/ui/html'
import { List } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { Section } from '@/ui/page-head'
import { AppRow } from '../app/row'
import { StatusCard } from '../status-card'
import { TrustedBrowsers } from '../trusted-browsers/section'
import type { SecurityProps } from '../props'

export const TwoStepSection = (props: SecurityProps) => {
  const { enabledAt } = props.overview.twoStep
  return (
    <Section title="Two-step verification">
      <div class="stack">
        {enabledAt === null ? <TwoStepOff {...props} /> : <TwoStepOn {...props} since={enabledAt} />}
        {props.overview.apps.length === 0 ? (
          <></>
        ) : (
          <List>
            {props.overview.apps.map((app) => (
              <AppRow app={app} renamed={props.renamed} />
            ))}
          </List>
        )}
        {enabledAt === null ? <></> : <TrustedBrowsers {...props} />}
      </div>
    </Section>
  )
}

/** Apps stay when two-step verification is turned off, so it can be turned on again without a new one. */
const TwoStepOff = ({ overview, factors, withNext }: SecurityProps) => (
  <StatusCard
    status={
      factors.hasPassword ? (
        <>Protects your account even if someone knows your password.</>
      ) : (
        <>Asks for a second step when you log in without a passkey.</>
      )
    }
  >
    {overview.apps.length > 0 ? (
      <Form action={withNext('/settings/security/two-step/on')} submit="Turn on two-step verification" />
    ) : (
      <SetUpApp withNext={withNext} />
    )}
    {overview.apps.length === 0 && factors.passkeys + factors.securityKeys > 0 ? (
      <Form
        action={withNext('/settings/security/two-step/on')}
        submit="Use my passkeys as the second step"
        kind="secondary"
      />
    ) : (
      <></>
    )}
  </StatusCard>
)

const TwoStepOn = ({ overview, since, isAddressUnproved, withNext }: SecurityProps & { since: number }) => (
  <StatusCard
    status={
      <>
        On since <LocalTime at={since} show="date" />.
        {overview.access.apiTokens === 0 ? (
          ''
        ) : (
          <>
            {' '}
            <a href="/settings/tokens">API tokens</a> don’t use two-step verification.
          </>
        )}
        {isAddressUnproved ? (
          <>
            {' '}
            <a href="/settings/email">Confirm your email address</a>: until then, a password reset by email removes it.
          </>
        ) : (
          ''
        )}
      </>
    }
  >
    {overview.apps.length >= overview.maxApps ? <></> : <SetUpApp withNext={withNext} isSecondary />}
    <Form
      action="/settings/security/two-step/off"
      submit="Turn off"
      ariaLabel="Turn off two-step verification"
      kind="secondary-danger"
    />
  </StatusCard>
)

type SetUpAppProps = Pick<SecurityProps, 'withNext'> & { isSecondary?: boolean }

const SetUpApp = ({ withNext, isSecondary }: SetUpAppProps) => (
  <LinkButton
    href={withNext('/settings/security/app/new')}
    text="Set up authenticator app"
    kind={isSecondary ? 'secondary' : undefined}
    asksForPassword
  />
)
