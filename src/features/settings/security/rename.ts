import { t } from 'elysia'
import { SECURITY_PATH } from '@/lib/security-path'
import { validateFactorName } from '@/model/users/factor-name'
import { withRecheck } from '@/http/auth/recheck'
import { textField } from '@/http/request/form-fields'
import { notFound } from '@/http/response/http-errors'
import type { Context } from '@/http/types/context'
import { securityPage, type SecurityPageContext } from './security-page'

export const NameFields = t.Object({ name: textField })

type RenameContext = SecurityPageContext & { params: { id: string }; body: typeof NameFields.static }

type Rename<Factor> = {
  find: () => Promise<Factor | undefined>
  rename: (deps: Context['deps']) => Promise<unknown>
  row: (factor: Factor) => JSX.Element
}

/** Answers with the changed row, or with the page where scripts are off. */
export async function renameFactor<Factor>(context: RenameContext, { find, rename, row }: Rename<Factor>) {
  const { deps, session, params, body, reply } = context
  if (!(await find())) throw notFound()
  const error = validateFactorName(body.name)
  if (error) return reply.page(await securityPage(context, { renamed: { id: params.id, name: body.name, error } }), 422)
  await withRecheck(deps, session, 'profile:write', rename)
  const renamed = await find()
  if (!renamed) throw notFound()
  return reply.canReplace() ? reply.partial(row(renamed)) : reply.redirect(SECURITY_PATH)
}
