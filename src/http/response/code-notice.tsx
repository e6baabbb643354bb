import { SECURITY_PATH } from '@/lib/security-path'
import { isTwoStepOn } from '@/model/factors/assurance'
import { countRecoveryCodes } from '@/model/recovery-codes/recovery-codes'
import type { User } from '@/model/types'
import { Html, asString } from '@/ui/html'
import { fewCodesNotice, Notice } from '@/ui/notice'
import type { Auth } from '@/http/types/auth'

/** After a login, if few recovery codes are left. The page of login methods says so by itself. */
export async function codeNotice({ deps }: Auth, user: User, path: string, flash: string | undefined) {
  if (flash !== 'logged-in' || path === SECURITY_PATH || !isTwoStepOn(user)) return ''
  const notice = fewCodesNotice(await countRecoveryCodes(deps, user), `${SECURITY_PATH}/recovery-codes`)
  return notice === undefined ? '' : asString(<Notice {...notice} />)
}
