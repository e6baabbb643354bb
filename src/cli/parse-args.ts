import { parseArgs } from 'node:util'
import { findRole, roles, type Role } from '@/model/users/roles'
import { sourceFor } from '@/lib/ip-address'
import { quote } from '@/lib/quote'
import { success, usageError, type CommandOutput } from './output'
import { commands, syntaxOf, joinChoices, usage, type CommandSpec, type CommandName } from './usage'

/** `email`, `name` and `source` are empty if the command does not take them. */
export type ParsedCommand = {
  verb: CommandName
  email: string
  name: string
  role: Role
  apiTokens: boolean
  now: boolean
  source: string
  /** The new address; empty if the command does not take one. */
  newEmail: string
}

type ParseResult = { kind: 'command'; command: ParsedCommand } | { kind: 'output'; output: CommandOutput }

/** Returns output instead of a command for help and usage errors. */
export function parseCommand(args: string[]): ParseResult {
  const result = (output: CommandOutput) => ({ kind: 'output', output }) as const
  const { tokens, values, positionals } = parse(args)
  const [verb, ...parameters] = positionals
  if (values.help || verb === 'help') return result(success(usage))
  const [option] = tokens.filter((token) => token.kind === 'option')
  if (verb === undefined && option)
    return result(usageError(`unknown option ${quote(option.rawName)}; start with a command`))
  if (verb === undefined) return result({ code: 2, text: usage })

  const command = commands.find((one) => one.verb === verb)
  if (!command)
    return result(usageError(`unknown command ${quote(verb)}; use ${joinChoices(commands.map(({ verb }) => verb))}`))
  const address = textOf(values.source)
  const wanted = address === undefined ? command.parameters : []
  const error = validateOptions(command, tokens) ?? validateArguments(wanted, command, parameters)
  if (error) return result(usageError(`${error}; use ${syntaxOf(command)}`))

  const [email = '', second] = parameters
  const newEmail = wanted[1] === 'NEW' ? (second ?? '') : ''
  const typedRole = (wanted[1] === 'ROLE' ? second : textOf(values.role)) ?? 'user'
  const role = findRole(typedRole)
  if (!role) return result(usageError(`unknown role ${quote(typedRole)}; use ${joinChoices(roles)}`))
  const source = sourceFor(address ?? '')
  if (address !== undefined && source === '')
    return result(usageError(`${quote(address)} is no IP address; use ${syntaxOf(command)}`))
  const apiTokens = values['api-tokens'] === true
  const now = values.now === true
  const name = textOf(values.name) ?? ''
  return { kind: 'command', command: { verb: command.verb, email, name, role, apiTokens, now, source, newEmail } }
}

// `strict` would throw its own messages, which quote typed text without escapes.
const parse = (args: string[]) =>
  parseArgs({
    args,
    options: {
      name: { type: 'string' },
      role: { type: 'string' },
      'api-tokens': { type: 'boolean' },
      now: { type: 'boolean' },
      source: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
    strict: false,
    tokens: true,
  })

const textOf = (value: string | boolean | undefined) => (typeof value === 'string' ? value : undefined)

function validateOptions({ options }: CommandSpec, tokens: ReturnType<typeof parse>['tokens']) {
  const seen = new Set<string>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    if (!Object.hasOwn(options, token.name)) return `unknown option ${quote(token.rawName)}`
    if (seen.has(token.name)) return `${token.rawName} given twice`
    seen.add(token.name)
    if (token.name === 'api-tokens' || token.name === 'now') {
      if (token.value !== undefined) return `${token.rawName} takes no value`
      continue
    }
    // In `--name --role admin` the name is missing. `--name=--role` gives such a name.
    if (token.value === undefined || (!token.inlineValue && token.value.startsWith('-')))
      return `${token.rawName} needs a value`
  }
  return options.name === 'needed' && !seen.has('name') ? '--name is missing' : undefined
}

function validateArguments(parameters: string[], { options }: CommandSpec, given: string[]) {
  const missing = parameters[given.length]
  if (missing) return `${missing} is missing`
  const unexpected = given[parameters.length]
  if (unexpected === undefined) return undefined
  return `unexpected argument ${quote(unexpected)}${options.name ? ' (quote a NAME with spaces)' : ''}`
}
