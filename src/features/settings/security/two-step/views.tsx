import { SECURITY_PATH } from '@/lib/security-path'
import { Confirmation } from '@/ui/confirmation'
import { Html } from '@/ui/html'
import { oneStepText } from '../texts'

export const TurnOffPage = (account: { hasPassword: boolean }) =>
  Confirmation({
    title: 'Turn off two-step verification?',
    text: oneStepText(account),
    action: '/settings/security/two-step/off',
    submit: 'Turn off',
    back: SECURITY_PATH,
    cancel: 'Keep it on',
    children: <input type="hidden" name="confirmed" value="yes" />,
  })
