import { LinkButton } from '@/ui/button'
import { Html } from '@/ui/html'
import { Section } from '@/ui/page-head'
import { CodesLeft } from '../recovery-codes/views'
import { StatusCard } from '../status-card'
import type { SecurityProps } from '../props'

/** Not while there is nothing that the codes could replace. */
export const RecoveryCodesSection = ({ overview: { codes, twoStep }, withNext }: SecurityProps) =>
  twoStep.enabledAt === null && codes === undefined ? (
    <></>
  ) : (
    <Section title="Recovery codes">
      <StatusCard status={codes === undefined ? <>You have no recovery codes.</> : <CodesLeft {...codes} />}>
        <LinkButton
          href={withNext('/settings/security/recovery-codes')}
          text="Create new codes"
          kind="secondary"
          asksForPassword
        />
      </StatusCard>
    </Section>
  )
