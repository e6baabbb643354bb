import { Resolver } from 'node:dns/promises'
import { seconds } from '@/lib/duration'

export type MailRecord = { name: string; state: 'found' | 'not found' | 'no answer from DNS' }
type ResolveTxt = (name: string) => Promise<string[][]>

const resolveByDns: ResolveTxt = (name) => new Resolver({ timeout: seconds(2), tries: 2 }).resolveTxt(name)

/** Whether receivers can check mails from this address by SPF (RFC 7208) and DMARC (RFC 7489). */
export async function findMailRecords(from: string, resolveTxt = resolveByDns) {
  const domain = from.split('@').at(-1) ?? ''
  const [spf, dmarc] = await Promise.all([
    findRecord([domain], /^v=spf1( |$)/i, resolveTxt),
    findRecord(
      withParents(domain).map((name) => `_dmarc.${name}`),
      /^v=DMARC1\s*(;|$)/,
      resolveTxt,
    ),
  ])
  return { spf, dmarc }
}

/** A DMARC record also covers the domains below it. */
function withParents(domain: string): string[] {
  const parent = domain.slice(domain.indexOf('.') + 1)
  return parent.includes('.') ? [domain, ...withParents(parent)] : [domain]
}

async function findRecord(
  [name = '', ...others]: string[],
  pattern: RegExp,
  resolveTxt: ResolveTxt,
): Promise<MailRecord> {
  const records = await resolveTxt(name).catch(emptyIfMissing)
  if (records === undefined) return { name, state: 'no answer from DNS' }
  if (records.some((chunks) => pattern.test(chunks.join('')))) return { name, state: 'found' }
  const other = others.length > 0 ? await findRecord(others, pattern, resolveTxt) : undefined
  return other?.state === 'found' ? other : { name, state: 'not found' }
}

const emptyIfMissing = (error: unknown) =>
  error instanceof Error && 'code' in error && /^(ENOTFOUND|ENODATA)$/.test(`${error.code}`) ? [] : undefined
