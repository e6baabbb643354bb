import {
  malformedJson,
  jsonTooDeep,
  payloadTooLarge,
  malformedBody,
  unsupportedMediaType,
} from '@/http/response/http-errors'
import { isSafeMethod, type Route } from '@/http/request/route-table'
import { stateOf } from '@/http/request/request-state'
import { checkRepeated } from './repeated-fields'

const MAX_BODY_BYTES = 64 * 1024
const MAX_FIELDS = 50
const MAX_DEPTH = 16 // deeper nesting costs the validator seconds or overflows its stack

const FORM_TYPE = /^application\/x-www-form-urlencoded(?:; *charset="?utf-8"?)?$/
const JSON_TYPE = /^application\/json(?:; *charset="?utf-8"?)?$/

/**
 * Rejects an unsupported body by its headers, before any parser runs: a single multipart field name can
 * keep a parser busy for 30 s.
 */
export function checkBody(request: Request) {
  const { headers } = request
  const length = Number(headers.get('content-length') ?? 0)
  if (length > MAX_BODY_BYTES) throw payloadTooLarge()
  const type = typeOf(request)
  const isSent = length > 0 || headers.has('transfer-encoding')
  if (!isSent && isSafeMethod(request)) return // some clients send a content type without a body
  const isKnown =
    type === undefined ? !isSent : FORM_TYPE.test(type) || (stateOf(request).isApi && JSON_TYPE.test(type))
  if (!isKnown || (headers.get('content-encoding') ?? 'identity') !== 'identity') throw unsupportedMediaType()
}

/** A repeated field becomes a list. */
export async function parseBody(request: Request, routes: () => Route[]): Promise<unknown> {
  const bytes = await readBytes(request)
  const type = typeOf(request)
  if (type === undefined && bytes.length > 0) throw unsupportedMediaType() // the headers announced no body
  const isJson = type !== undefined && JSON_TYPE.test(type)
  const { names, value, pageUserId } = isJson ? readJson(bytes) : readForm(bytes)
  checkRepeated(names, isJson ? 'json' : 'form', request, routes)
  stateOf(request).formUserId = pageUserId
  return value
}

const typeOf = ({ headers }: Request) => headers.get('content-type')?.trim().toLowerCase()

async function readBytes({ body }: Request) {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    // Counted, because no header may state it. Leaving the loop cancels the stream.
    if (length > MAX_BODY_BYTES) throw payloadTooLarge()
    chunks.push(chunk)
  }
  // Without this pause Bun handles a flood of forms in one loop turn, and timers and finished hashes wait.
  await new Promise(setImmediate)
  return Buffer.concat(chunks)
}

const decode = (bytes: Uint8Array) => new TextDecoder('utf-8', { fatal: true }).decode(bytes)

type ParsedBody = { names: string[]; value: unknown; pageUserId?: string }

function readJson(bytes: Uint8Array): ParsedBody {
  if (bytes.length === 0) return { names: [], value: {} }
  const parsed = parseJson(bytes)
  if (isTooDeep(parsed.value)) throw jsonTooDeep(MAX_DEPTH)
  return parsed
}

function parseJson(bytes: Uint8Array): ParsedBody {
  try {
    const text = decode(bytes)
    return { value: JSON.parse(text), names: outerNames(text) }
  } catch {
    throw malformedJson()
  }
}

/** The names of the outer object of valid JSON, also repeated ones. */
function outerNames(json: string) {
  const names: string[] = []
  let [depth, text] = [0, '']
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (token !== ':') text = token
    else if (depth === 1) names.push(JSON.parse(text))
  }
  return names
}

/** Iterative, because recursion would overflow the stack. */
function isTooDeep(value: unknown) {
  let [depth, level] = [0, [value].filter(isContainer)]
  for (; depth <= MAX_DEPTH && level.length > 0; depth++)
    level = level.flatMap((one) => Object.values(one)).filter(isContainer)
  return depth > MAX_DEPTH
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

const PAGE_USER_FIELD = 'page_user'

/** Only the guard reads the user of the page. No handler and no saved request receives that field. */
function readForm(bytes: Uint8Array): ParsedBody {
  const pairs = [...new URLSearchParams(decodeForm(bytes))]
  if (pairs.length > MAX_FIELDS) throw malformedBody()
  const { [PAGE_USER_FIELD]: [pageUserId] = [], ...fields } = valuesByName(pairs)
  const entries = Object.entries(fields).map(([name, values]) => [name, values.length === 1 ? values[0] : values])
  return { names: pairs.map(([name]) => name), value: Object.fromEntries(entries), pageUserId }
}

const valuesByName = (pairs: [name: string, value: string][]): Record<string, string[]> =>
  Object.fromEntries(
    [...Map.groupBy(pairs, ([name]) => name)].map(([name, all]) => [name, all.map(([, value]) => value)]),
  )

function decodeForm(bytes: Uint8Array) {
  try {
    const text = decode(bytes)
    decodeURIComponent(text) // URLSearchParams would replace invalid bytes by U+FFFD, also in passwords
    return text
  } catch {
    throw malformedBody()
  }
}
