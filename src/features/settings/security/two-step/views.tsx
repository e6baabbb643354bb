import { SECURITY_PATH } from '@/lib/security-path'
import { Confirmation } from '@/ui/confirmation'
import { Html } from '@/ui/html'

export const TurnOffPage = () =>
  Confirmation({
    title: 'Turn off two-step verification?',
    text: 'Your password alone will be enough to log in.',
    action: '/settings/security/two-step/off',
    submit: 'Turn off',
    back: SECURITY_PATH,
    cancel: 'Keep it on',
    children: <input type="hidden" name="confirmed" value="yes" />,
  })
