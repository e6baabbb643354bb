import type { Deps } from '@/deps'
import { sha256 } from '@/lib/bytes'
import { issueToken } from './tokens'

const MOST_KEPT = 10_000 // of 2 KiB each at most

/** Keeps the path that a visitor was on their way to, for so many milliseconds, and hands out the token to find it by. */
export async function createNextPath(deps: Deps, path: string, lifetime: number) {
  const at = deps.now()
  const { token, token_hash } = issueToken(deps)
  await deps.db.deleteFrom('next_paths').where('expires_at', '<=', at).execute()
  await deleteOverflow(deps)
  await deps.db
    .insertInto('next_paths')
    .values({ token_hash, path, expires_at: at + lifetime })
    .execute()
  return token
}

/** Anybody may make us keep one, so there is an end to it: those that would expire first go. */
async function deleteOverflow({ db }: Deps) {
  const ends = db.selectFrom('next_paths').select('expires_at').orderBy('expires_at', 'desc')
  const last = await ends
    .limit(1)
    .offset(MOST_KEPT - 1)
    .executeTakeFirst()
  if (last) await db.deleteFrom('next_paths').where('expires_at', '<=', last.expires_at).execute()
}

export async function findNextPath({ db, now }: Deps, token: string) {
  const kept = db.selectFrom('next_paths').select('path').where('token_hash', '=', sha256(token))
  return (await kept.where('expires_at', '>', now()).executeTakeFirst())?.path
}

export const endNextPath = ({ db }: Deps, token: string) =>
  db.deleteFrom('next_paths').where('token_hash', '=', sha256(token)).execute()
