import type { Parsed } from './parse'

const KEY = /^[\w-]{43}$/ // 32 bytes in base64url

/** Several keys are separated by commas, the newest first. Empty text has none. */
export function parseKeys(text: string): Parsed<Uint8Array[]> {
  const texts = text === '' ? [] : text.split(',').map((key) => key.trim())
  if (!texts.every((key) => KEY.test(key)) || new Set(texts).size < texts.length)
    return { wanted: 'keys of 32 bytes in base64url, each once, separated by commas' }
  return { value: texts.map((key) => new Uint8Array(Buffer.from(key, 'base64url'))) }
}
