import type { Deps } from '@/deps'
import { sha256 } from '@/lib/bytes'
import { issueToken } from './sessions'

/** Keeps the path that a visitor was on their way to, for so many milliseconds, and hands out the token to find it by. */
export async function createNextPath(deps: Deps, path: string, lifetime: number) {
  const at = deps.now()
  const { token, token_hash } = issueToken(deps)
  await deps.db.deleteFrom('next_paths').where('expires_at', '<=', at).execute()
  await deps.db
    .insertInto('next_paths')
    .values({ token_hash, path, expires_at: at + lifetime })
    .execute()
  return token
}

export async function findNextPath({ db, now }: Deps, token: string) {
  const kept = db.selectFrom('next_paths').select('path').where('token_hash', '=', sha256(token))
  return (await kept.where('expires_at', '>', now()).executeTakeFirst())?.path
}

export const endNextPath = ({ db }: Deps, token: string) =>
  db.deleteFrom('next_paths').where('token_hash', '=', sha256(token)).execute()
