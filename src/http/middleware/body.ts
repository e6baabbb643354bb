import {
  malformedJson,
  jsonTooDeep,
  payloadTooLarge,
  malformedBody,
  unsupportedMediaType,
} from '@/http/response/http-errors'
import { isSafeMethod } from '@/http/request/route-table'
import { stateOf } from '@/http/request/request-state'

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

/** A repeated field becomes a list, which no schema accepts as text. */
export async function parseBody(request: Request): Promise<unknown> {
  const bytes = await readBytes(request)
  const type = typeOf(request)
  if (type === undefined && bytes.length > 0) throw unsupportedMediaType() // the headers announced no body
  return type !== undefined && JSON_TYPE.test(type) ? readJson(bytes) : readForm(bytes)
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

/** Iterative, because recursion would overflow the stack. */
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
    decodeURIComponent(text) // URLSearchParams would replace invalid bytes by U+FFFD, also in passwords
    return text
  } catch {
    throw malformedBody()
  }
}
