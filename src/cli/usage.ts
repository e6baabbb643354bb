import { roles } from '@/model/users/roles'

export type CommandName = 'create' | 'list' | 'role' | 'deactivate' | 'activate' | 'reset-password'

export interface CommandSpec {
  verb: CommandName
  /** What follows, in this order. */
  parameters: ('EMAIL' | 'ROLE')[]
  options: { name?: 'needed'; role?: 'optional' }
  summary: string
}

export const commands: CommandSpec[] = [
  { verb: 'create', parameters: ['EMAIL'], options: { name: 'needed', role: 'optional' }, summary: 'makes a user' },
  { verb: 'list', parameters: [], options: {}, summary: 'lists all users' },
  { verb: 'role', parameters: ['EMAIL', 'ROLE'], options: {}, summary: 'gives a user another role' },
  { verb: 'deactivate', parameters: ['EMAIL'], options: {}, summary: 'shuts an account and ends its sessions' },
  { verb: 'activate', parameters: ['EMAIL'], options: {}, summary: 'opens it again' },
  { verb: 'reset-password', parameters: ['EMAIL'], options: {}, summary: 'gives a user another password' },
]

/** A choice in words: `user, support or admin`. */
export const joinChoices = (choices: readonly string[]) => `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`

/** How a command is typed. */
export const syntaxOf = ({ verb, parameters, options }: CommandSpec) =>
  ['bun run user', verb, ...parameters, options.name && '--name NAME', options.role && '[--role ROLE]']
    .filter(Boolean)
    .join(' ')

const width = Math.max(...commands.map((command) => syntaxOf(command).length))

export const usage = `Users from the command line, in the database that DATABASE_URL names.

${commands.map((command) => `  ${syntaxOf(command).padEnd(width)}  ${command.summary}`).join('\n')}

ROLE is ${joinChoices(roles)}; a new user without one is user.
create and reset-password read the password from standard input. Where that is empty or a terminal,
they make a password and show it once.
It exits with 0 when done, 1 when refused, 2 when not understood.`
