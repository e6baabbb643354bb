import { parseArgs } from 'node:util'
import { findRole, roles, type Role } from '@/model/users/roles'
import { success, usageError, quote, type CommandOutput } from './output'
import { commands, syntaxOf, joinChoices, usage, type CommandSpec, type CommandName } from './usage'

/** A command with all that it needs. Where it takes no address or name, that is empty. */
export type ParsedCommand = { verb: CommandName; email: string; name: string; role: Role }

/** Reads what was typed after `bun run user`: an order, or what to answer at once. */
export function parseCommand(
  args: string[],
): { kind: 'order'; order: ParsedCommand } | { kind: 'answer'; answer: CommandOutput } {
  const answer = (answer: CommandOutput) => ({ kind: 'answer', answer }) as const
  const { tokens, values, positionals } = parse(args)
  const [verb, ...parameters] = positionals
  if (values.help || verb === 'help') return answer(success(usage))
  const [option] = tokens.filter((token) => token.kind === 'option')
  if (verb === undefined && option)
    return answer(usageError(`${quote(option.rawName)} is no option here: begin with a command.`))
  if (verb === undefined) return answer({ code: 2, text: usage })

  const command = commands.find((one) => one.verb === verb)
  if (!command)
    return answer(usageError(`${quote(verb)} is no command: use ${joinChoices(commands.map(({ verb }) => verb))}.`))
  const flaw = validateOptions(command, tokens) ?? validateArguments(command, parameters)
  if (flaw) return answer(usageError(`${flaw}: use ${syntaxOf(command)}.`))

  const [email = '', typedRole = textOf(values.role) ?? 'user'] = parameters
  const role = findRole(typedRole)
  if (!role) return answer(usageError(`${quote(typedRole)} is no role: use ${joinChoices(roles)}.`))
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

function validateOptions({ options }: CommandSpec, tokens: ReturnType<typeof parse>['tokens']) {
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

function validateArguments({ parameters, options }: CommandSpec, given: string[]) {
  const missing = parameters[given.length]
  if (missing) return `${missing} is missing`
  const spare = given[parameters.length]
  if (spare === undefined) return undefined
  return `${quote(spare)} is too much${options.name ? ' (a NAME with spaces wants quotes)' : ''}`
}
