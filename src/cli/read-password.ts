import type { Deps } from '@/deps/deps'
import { issuePassword } from '@/model/passwords/generate'
import { flawInPassword } from '@/model/passwords/validate'
import type { Owner } from '@/model/passwords/strength'

/** What came on standard input: empty where that is a terminal. */
export type Input = () => Promise<string>

type Choice = { kind: 'chosen'; password: string; tells: string[] } | { kind: 'flawed'; flaw: string }

/** The password that came on the input, or where nothing came a new one, with the lines that tell it. */
export async function choosePassword(deps: Deps, input: Input, owner: Owner): Promise<Choice> {
  const text = await input()
  if (text === '') {
    const password = issuePassword(deps)
    return { kind: 'chosen', password, tells: [`The password, shown only now: ${password}`] }
  }
  const password = text.replace(/\r?\n$/, '')
  const flaw = flawInText(password) ?? (await flawInPassword(deps, password, owner))
  return flaw ? { kind: 'flawed', flaw } : { kind: 'chosen', password, tells: [] }
}

/** No form could send it again: a password field has no line breaks, and U+FFFD is what broken text was read as. */
const flawInText = (password: string) =>
  /[\r\n\uFFFD]/.test(password) ? 'Send the password as one line of UTF-8 text.' : undefined
