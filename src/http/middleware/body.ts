import {
  malformedJson,
  jsonTooDeep,
  payloadTooLarge,
  malformedBody,
  unsupportedMediaType,
} from '@/http/response/http-errors'
import { isSafeMethod } from '@/http/request/route-table'
import { stateOf } from '@/http/request/request-state'

const MAX_BODY_BYTES = 64 * 1024 // bytes
const MAX_FIELDS = 50
const MAX_DEPTH = 16 // what nests deeper costs the validator seconds, or its stack

const FORM_TYPE = /^application\/x-www-form-urlencoded(?:; *charset="?utf-8"?)?$/
const JSON_TYPE = /^application\/json(?:; *charset="?utf-8"?)?$/

/**
 * Refuses by its headers a body that nobody here reads, before any parser sees it: a single multipart field name can
 * hold a lenient one up for half a minute.
 */
export function checkBody(request: Request) {
  const { headers } = request
  const length = Number(headers.get('content-length') ?? 0)
  if (length > MAX_BODY_BYTES) throw payloadTooLarge()
  const type = typeOf(request)
  const isSent = length > 0 || headers.has('transfer-encoding')
  if (!isSent && isSafeMethod(request)) return // a program may name a type by habit
  const isKnown =
    type === undefined ? !isSent : FORM_TYPE.test(type) || (stateOf(request).isApi && JSON_TYPE.test(type))
  if (!isKnown || (headers.get('content-encoding') ?? 'identity') !== 'identity') throw unsupportedMediaType()
}

/** The body of a form or of JSON. A field that comes twice is a list, which no schema takes for a text. */
export async function parseBody(request: Request): Promise<unknown> {
  const bytes = await readBytes(request)
  const type = typeOf(request)
  if (type === undefined && bytes.length > 0) throw unsupportedMediaType() // no header said that there would be a body
  return type !== undefined && JSON_TYPE.test(type) ? readJson(bytes) : readForm(bytes)
}

const typeOf = ({ headers }: Request) => headers.get('content-type')?.trim().toLowerCase()

async function readBytes({ body }: Request) {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) throw payloadTooLarge() // said by no header, so it is counted; leaving the loop stops the stream
    chunks.push(chunk)
  }
  // Bun finds no end of a storm of forms that are answered at once, and neither timers nor finished hashes get their turn.
  await new Promise(setImmediate)
  return Buffer.concat(chunks)
}

const decode = (bytes: Uint8Array) => new TextDecoder('utf-8', { fatal: true }).decode(bytes)

/** Many a program names the type of a body that it does not send. */
function readJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return {}
  const value = parseJson(bytes)
  if (isTooDeep(value)) throw jsonTooDeep(MAX_DEPTH)
  return value
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decode(bytes))
  } catch {
    throw malformedJson()
  }
}

/** Counted level by level: to go down by recursion is what must not be done with it. */
function isTooDeep(value: unknown) {
  let [depth, level] = [0, [value].filter(isContainer)]
  for (; depth <= MAX_DEPTH && level.length > 0; depth++)
    level = level.flatMap((one) => Object.values(one)).filter(isContainer)
  return depth > MAX_DEPTH
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

function readForm(bytes: Uint8Array) {
  const text = decodeForm(bytes)
  const pairs = [...new URLSearchParams(text)]
  if (pairs.length > MAX_FIELDS) throw malformedBody()
  const fields = Map.groupBy(pairs, ([name]) => name)
  return Object.fromEntries(
    [...fields].map(([name, all]) => [name, all.length === 1 ? all[0]?.[1] : all.map(([, value]) => value)]),
  )
}

function decodeForm(bytes: Uint8Array) {
  try {
    const text = decode(bytes)
    decodeURIComponent(text) // URLSearchParams would make U+FFFD of what is broken, and a password of that
    return text
  } catch {
    throw malformedBody()
  }
}
