import { createApiToken } from '@/model/api-tokens/api-tokens'

/** Creates an API token; fails if the limits refuse it. */
export async function makeToken(...wanted: Parameters<typeof createApiToken>) {
  const created = await createApiToken(...wanted)
  if (created.kind !== 'created') throw new Error(`no token was made: ${created.kind}`)
  return created
}
