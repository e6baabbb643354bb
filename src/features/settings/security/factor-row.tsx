import { Checkbox } from '@/ui/choices'
import { Field } from '@/ui/field'
import { Form } from '@/ui/form'
import { Html, unescaped } from '@/ui/html'
import type { IconName } from '@/ui/icon'
import { ListRow } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import type { SecurityExtras } from './props'

type FactorRowProps = {
  factor: { id: string; name: string }
  icon: IconName
  /** The name of the factor in the buttons: `authenticator app`. */
  noun: string
  badges?: JSX.Element
  line: JSX.Element
  /** Above the forms. */
  more?: JSX.Element
  /** The address of its forms. */
  path: string
  renamed?: SecurityExtras['renamed']
  isAttention?: boolean
}

/** A passkey or an authenticator app. The user opens the row to rename or remove it. */
export const FactorRow = ({ factor, icon, noun, badges, line, more, path, renamed, isAttention }: FactorRowProps) => {
  const tried = renamed?.id === factor.id ? renamed : undefined
  return (
    <ListRow
      id={`factor-${factor.id}`}
      icon={icon}
      title={factor.name}
      badges={badges}
      line={line}
      isOpen={tried !== undefined}
      isAttention={isAttention}
      more={
        <div class="stack">
          {unescaped(more ?? <></>)}
          <Form
            action={`${path}/rename`}
            submit="Rename"
            ariaLabel={`Rename ${noun} “${factor.name}”`}
            kind="secondary"
            isSmall
            target={`#factor-${factor.id}`}
          >
            <Field
              id={`name-${factor.id}`}
              label="Name"
              name="name"
              value={tried?.name ?? factor.name}
              error={tried?.error}
              autofocus={tried !== undefined}
            />
          </Form>
          <Form
            action={`${path}/remove`}
            submit="Remove"
            ariaLabel={`Remove ${noun} “${factor.name}”`}
            kind="secondary-danger"
            isSmall
          >
            <Checkbox
              id={`everywhere-${factor.id}`}
              label="Also log out all other sessions"
              name="everywhere"
              isChecked
            />
          </Form>
        </div>
      }
    />
  )
}

type FactorTimesProps = { addedAt: number; usedAt: number | null }

/** `Added 3 March · last used 2 days ago` */
export const FactorTimes = ({ addedAt, usedAt }: FactorTimesProps) => (
  <>
    Added <LocalTime at={addedAt} show="relative-day" /> ·{' '}
    {usedAt === null ? (
      'never used'
    ) : (
      <>
        last used <LocalTime at={usedAt} />
      </>
    )}
  </>
)
