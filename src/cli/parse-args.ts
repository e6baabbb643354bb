import { parseArgs } from 'node:util'
import { findRole, roles, type Role } from '@/model/users/roles'
import { done, misused, quote, type Answer } from './output'
import { commands, formOf, inWords, usage, type Command, type Verb } from './usage'

/** A command with all that it needs. Where it takes no address or name, that is empty. */
export type Order = { verb: Verb; email: string; name: string; role: Role }

/** Reads what was typed after `bun run user`: an order, or what to answer at once. */
export function readOrder(args: string[]): { kind: 'order'; order: Order } | { kind: 'answer'; answer: Answer } {
  const answer = (answer: Answer) => ({ kind: 'answer', answer }) as const
  const { tokens, values, positionals } = parse(args)
  const [verb, ...words] = positionals
  if (values.help || verb === 'help') return answer(done(usage))
  const [option] = tokens.filter((token) => token.kind === 'option')
  if (verb === undefined && option)
    return answer(misused(`${quote(option.rawName)} is no option here: begin with a command.`))
  if (verb === undefined) return answer({ code: 2, text: usage })

  const command = commands.find((one) => one.verb === verb)
  if (!command)
    return answer(misused(`${quote(verb)} is no command: use ${inWords(commands.map(({ verb }) => verb))}.`))
  const flaw = flawInOptions(command, tokens) ?? flawInWords(command, words)
  if (flaw) return answer(misused(`${flaw}: use ${formOf(command)}.`))

  const [email = '', typedRole = textOf(values.role) ?? 'user'] = words
  const role = findRole(typedRole)
  if (!role) return answer(misused(`${quote(typedRole)} is no role: use ${inWords(roles)}.`))
  return { kind: 'order', order: { verb: command.verb, email, name: textOf(values.name) ?? '', role } }
}

// Not strict, for its sentences are not ours.
const parse = (args: string[]) =>
  parseArgs({
    args,
    options: { name: { type: 'string' }, role: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
    strict: false,
    tokens: true,
  })

const textOf = (value: string | boolean | undefined) => (typeof value === 'string' ? value : undefined)

function flawInOptions({ options }: Command, tokens: ReturnType<typeof parse>['tokens']) {
  const seen = new Set<string>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    if (!Object.hasOwn(options, token.name)) return `${quote(token.rawName)} is no option here`
    if (seen.has(token.name)) return `${token.rawName} is there twice`
    seen.add(token.name)
    // `--name --role admin` is a forgotten name; who is called that writes `--name=--role`.
    if (token.value === undefined || (!token.inlineValue && token.value.startsWith('-')))
      return `${token.rawName} lacks its value`
  }
  return options.name === 'needed' && !seen.has('name') ? '--name is missing' : undefined
}

function flawInWords({ words, options }: Command, given: string[]) {
  const missing = words[given.length]
  if (missing) return `${missing} is missing`
  const spare = given[words.length]
  if (spare === undefined) return undefined
  return `${quote(spare)} is too much${options.name ? ' (a NAME with spaces wants quotes)' : ''}`
}
