import { withoutChallenges } from '../support/without-challenges'
import type { Answer } from './http'

/** A form on the page of a user contains the id of that user, which differs between the users of a proof. */
const PAGE_USER = /(name="page_user" value=")[\w-]{22}(?=")/g

/** The `flow` cookie of a sign-up or a login. Its second part is random. */
const FLOW = /(flow=(?:[\w-]+\.)?)[\w-]{43}(?=;)/g

/** The session of the requester: its user, and its time left. */
const SESSION = /(?<=data-(?:user|now|idle|absolute)=")[^"]*/g

/** The response without the date, the text that its client typed, the id of the page's user, a random cookie and a random challenge. */
export function comparable({ head, body }: Pick<Answer, 'head' | 'body'>, typed: string[]) {
  const lines = head.split('\r\n').filter((line) => !/^date:/i.test(line))
  return typed.reduce(
    (text, input) => text.replaceAll(input, '…'),
    `${lines.join('\r\n').replaceAll(FLOW, '$1…')}\r\n\r\n${withoutChallenges(body).replaceAll(PAGE_USER, '$1…').replaceAll(SESSION, '…')}`,
  )
}

/** Counts different and additional bytes. */
export function differentBytes(one: string, other: string) {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  let different = Math.abs(a.length - b.length)
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) different++
  return different
}

/** The maximum of `differentBytes` over all pairs. */
export function maxDifferentBytes(texts: Iterable<string>) {
  const distinct = [...new Set(texts)]
  return Math.max(0, ...distinct.flatMap((one, i) => distinct.slice(i + 1).map((other) => differentBytes(one, other))))
}
