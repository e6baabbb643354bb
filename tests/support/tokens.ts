import { createApiToken } from '@/model/api-tokens/api-tokens'

/** An API token, as text and as it is kept, for a test in which nothing stands in its way. */
export async function makeToken(...wanted: Parameters<typeof createApiToken>) {
  const created = await createApiToken(...wanted)
  if (created.kind !== 'created') throw new Error(`no token was made: ${created.kind}`)
  return created
}
