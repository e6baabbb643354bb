import { SECURITY_PATH } from '@/lib/security-path'
import { Confirmation } from '@/ui/confirmation'
import { Html } from '@/ui/html'
import { oneStepText } from './texts'

type RemovalProps = {
  /** `authenticator app`. */
  noun: string
  name: string
  action: string
  everywhere: boolean
  hasPassword: boolean
}

/** The last second factor: its removal turns two-step verification off. */
export const RemovalPage = ({ noun, name, action, everywhere, hasPassword }: RemovalProps) =>
  Confirmation({
    title: `Remove ${noun} “${name}”?`,
    text: `This turns off two-step verification. ${oneStepText({ hasPassword })}`,
    action,
    submit: 'Remove',
    back: SECURITY_PATH,
    children: (
      <>
        <input type="hidden" name="confirmed" value="yes" />
        {everywhere ? <input type="hidden" name="everywhere" value="yes" /> : ''}
      </>
    ),
  })
