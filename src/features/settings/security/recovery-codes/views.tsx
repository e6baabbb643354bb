import { CODES_PER_SET } from '@/lib/recovery-code-format'
import { LinkButton } from '@/ui/button'
import { Card } from '@/ui/card'
import { Checkbox } from '@/ui/choices'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'
import { PageHead, Section, Sections } from '@/ui/page-head'
import { RecoveryCodeList } from '@/ui/recovery-code-list'
import { StepOf } from '../steps'

type CodesLeftProps = { left: number; createdAt: number }

/** `7 of 10 codes left. Created 3 March.` */
export const CodesLeft = ({ left, createdAt }: CodesLeftProps) => (
  <>
    <span safe>{`${left} of ${CODES_PER_SET} codes left. Created`}</span>{' '}
    <LocalTime at={createdAt} show="relative-day" />.
  </>
)

type RecoveryCodesProps = {
  codes?: CodesLeftProps
  /** The last step of the set-up of two-step verification. */
  isSetup: boolean
  /** The set-up began with an authenticator app, whose page has steps 1 and 2. */
  isThirdStep: boolean
  /** The user has a factor that the codes can replace. */
  hasFactor: boolean
  paths: { create: string; keep: string; back: string }
}

export const RecoveryCodesPage = ({ codes, isSetup, isThirdStep, hasFactor, paths }: RecoveryCodesProps): View => ({
  title: 'Recovery codes',
  body: (
    <>
      <PageHead
        title="Recovery codes"
        lead={<>Use a recovery code if you lose your other verification methods. Each code works once.</>}
      />
      {isSetup ? (
        <Section
          title={isThirdStep ? '3 Save your recovery codes' : 'Save your recovery codes'}
          aside={isThirdStep ? <StepOf step={3} steps={3} /> : undefined}
        >
          <Choices codes={codes} hasFactor={hasFactor} isSetup={isSetup} paths={paths} />
        </Section>
      ) : (
        <Choices codes={codes} hasFactor={hasFactor} isSetup={isSetup} paths={paths} />
      )}
    </>
  ),
})

const Choices = ({ codes, hasFactor, isSetup, paths }: Omit<RecoveryCodesProps, 'isThirdStep'>) => (
  <Card>
    {codes === undefined ? (
      <></>
    ) : (
      <p>
        <CodesLeft {...codes} />
      </p>
    )}
    {hasFactor ? <></> : <p>Add an authenticator app or a passkey first. Recovery codes replace one that you lose.</p>}
    <div class="actions">
      {hasFactor ? (
        <Form action={paths.create} submit={codes === undefined ? 'Create recovery codes' : 'Create new codes'} />
      ) : (
        <></>
      )}
      {isSetup && codes !== undefined && codes.left > 0 ? (
        <Form action={paths.keep} submit="Keep my existing codes" kind="secondary" />
      ) : (
        <></>
      )}
      <LinkButton href={paths.back} text="Back" kind="secondary" />
    </div>
  </Card>
)

type NewCodesProps = {
  codes: readonly string[]
  /** So that the codes of another tab are never activated in place of these. */
  setId: string
  isThirdStep: boolean
  action: string
  /** For the name of the downloaded file. */
  siteName: string
  error?: string
}

export const NewCodesPage = ({ codes, setId, isThirdStep, action, siteName, error }: NewCodesProps): View => ({
  title: 'Save your recovery codes',
  body: (
    <>
      <PageHead
        title="Save your recovery codes"
        badges={isThirdStep ? <StepOf step={3} steps={3} /> : undefined}
        lead={<>Use a recovery code if you lose your other verification methods. Each code works once.</>}
      />
      <Sections>
        <Card>
          <RecoveryCodeList codes={codes} siteName={siteName} />
          <Form action={action} submit="Finish">
            <input type="hidden" name="set" value={Html.escapeHtml(setId)} />
            <input type="hidden" name="codes" value={Html.escapeHtml(codes.join(' '))} />
            <Checkbox
              label="I have saved these recovery codes"
              name="saved"
              error={error}
              autofocus={error !== undefined}
            />
          </Form>
        </Card>
      </Sections>
    </>
  ),
})

/** The set was not saved in time, or another tab has replaced it. */
export const CodesGonePage = ({ restart }: { restart: string }): View => ({
  title: 'These codes have expired',
  body: (
    <>
      <PageHead title="These codes have expired" />
      <Card>
        <p>They do not work. Create new codes, and save them within 15 minutes.</p>
        <div class="actions">
          <LinkButton href={restart} text="Create new codes" asksForPassword />
        </div>
      </Card>
    </>
  ),
})
