import type { Deps } from '@/deps/deps'
import { generatePassword } from '@/model/passwords/generate'
import { validatePassword } from '@/model/passwords/validate'
import type { Owner } from '@/model/passwords/strength'

/** What came on standard input: empty where that is a terminal. */
export type Input = () => Promise<string>

type PasswordResult = { kind: 'chosen'; password: string; summary: string[] } | { kind: 'flawed'; flaw: string }

/** The password that came on the input, or where nothing came a new one, with the lines that tell it. */
export async function readPassword(deps: Deps, input: Input, owner: Owner): Promise<PasswordResult> {
  const text = await input()
  if (text === '') {
    const password = generatePassword(deps)
    return { kind: 'chosen', password, summary: [`The password, shown only now: ${password}`] }
  }
  const password = text.replace(/\r?\n$/, '')
  const flaw = validateText(password) ?? (await validatePassword(deps, password, owner))
  return flaw ? { kind: 'flawed', flaw } : { kind: 'chosen', password, summary: [] }
}

/** No form could send it again: a password field has no line breaks, and U+FFFD is what broken text was read as. */
const validateText = (password: string) =>
  /[\r\n\uFFFD]/.test(password) ? 'Send the password as one line of UTF-8 text.' : undefined
