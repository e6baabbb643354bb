import type { Deps } from '@/deps/deps'
import { generatePassword } from '@/model/passwords/generate'
import { hasWhiteSpaceAtEnds } from '@/model/passwords/hash'
import { validatePassword } from '@/model/passwords/validate'
import type { Owner } from '@/model/passwords/strength'

/** Resolves to the text of stdin; empty if stdin is a terminal. */
export type Input = () => Promise<string>

type PasswordResult = { kind: 'ok'; text: string; lines: string[] } | { kind: 'invalid'; error: string }

/** Generates a password if the input is empty. `lines` is output about the password. */
export async function readPassword(deps: Deps, input: Input, owner: Owner): Promise<PasswordResult> {
  const typed = await input()
  if (typed === '') {
    const text = generatePassword(deps)
    return { kind: 'ok', text, lines: [`Password (shown once): ${text}`] }
  }
  const text = typed.replace(/\r?\n$/, '')
  const error = validateText(text) ?? (await validatePassword(deps, text, owner))
  if (error) return { kind: 'invalid', error }
  return { kind: 'ok', text, lines: hasWhiteSpaceAtEnds(text) ? ['The password starts or ends with a space.'] : [] }
}

/** A password field cannot contain line breaks. The decoder replaces invalid UTF-8 by U+FFFD. */
const validateText = (password: string) =>
  /[\r\n\uFFFD]/.test(password) ? 'Send the password as one line of UTF-8 text.' : undefined
