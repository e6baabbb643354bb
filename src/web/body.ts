import { tooLarge, unreadable, wrongType } from './refusals'
import { isApi, pathOf } from './paths'

const LIMIT = 64 * 1024 // bytes
const MAX_FIELDS = 50

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

const FORM = /^application\/x-www-form-urlencoded(?:; *charset="?utf-8"?)?$/
const JSON_TYPE = /^application\/json(?:; *charset="?utf-8"?)?$/

/**
 * Refuses by its headers a body that nobody here reads, before any parser sees it: a single multipart field name can
 * hold a lenient one up for half a minute.
 */
export function refuseBody(request: Request) {
  const { headers } = request
  const length = Number(headers.get('content-length') ?? 0)
  if (length > LIMIT) throw tooLarge()
  const type = typeOf(request)
  const isSent = length > 0 || headers.has('transfer-encoding')
  if (!isSent && SAFE.has(request.method)) return // a program may name a type by habit
  const isKnown = type === undefined ? !isSent : FORM.test(type) || (isApi(pathOf(request)) && JSON_TYPE.test(type))
  if (!isKnown || (headers.get('content-encoding') ?? 'identity') !== 'identity') throw wrongType()
}

/** The body of a form or of JSON. A field that comes twice is a list, which no schema takes for a text. */
export async function readBody(request: Request): Promise<unknown> {
  const text = await readText(request)
  const type = typeOf(request)
  if (type === undefined && text !== '') throw wrongType() // no header said that there would be a body
  return type !== undefined && JSON_TYPE.test(type) ? readJson(text) : readForm(text)
}

const typeOf = ({ headers }: Request) => headers.get('content-type')?.trim().toLowerCase()

async function readText({ body }: Request) {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > LIMIT) throw tooLarge() // said by no header, so it is counted; leaving the loop stops the stream
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw unreadable()
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable()
  }
}

function readForm(text: string) {
  try {
    decodeURIComponent(text) // URLSearchParams would make U+FFFD of what is broken, and a password of that
  } catch {
    throw unreadable()
  }
  const pairs = [...new URLSearchParams(text)]
  if (pairs.length > MAX_FIELDS) throw unreadable()
  const fields = Map.groupBy(pairs, ([name]) => name)
  return Object.fromEntries(
    [...fields].map(([name, all]) => [name, all.length === 1 ? all[0]?.[1] : all.map(([, value]) => value)]),
  )
}
