import { roles } from '@/model/users/roles'

export type Verb = 'create' | 'list' | 'role' | 'deactivate' | 'activate' | 'reset-password'

export interface Command {
  verb: Verb
  /** What follows, in this order. */
  words: ('EMAIL' | 'ROLE')[]
  options: { name?: 'needed'; role?: 'optional' }
  tells: string
}

export const commands: Command[] = [
  { verb: 'create', words: ['EMAIL'], options: { name: 'needed', role: 'optional' }, tells: 'makes a user' },
  { verb: 'list', words: [], options: {}, tells: 'lists all users' },
  { verb: 'role', words: ['EMAIL', 'ROLE'], options: {}, tells: 'gives a user another role' },
  { verb: 'deactivate', words: ['EMAIL'], options: {}, tells: 'shuts an account and ends its sessions' },
  { verb: 'activate', words: ['EMAIL'], options: {}, tells: 'opens it again' },
  { verb: 'reset-password', words: ['EMAIL'], options: {}, tells: 'gives a user another password' },
]

/** A choice in words: `user, support or admin`. */
export const inWords = (choices: readonly string[]) => `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`

/** How a command is typed. */
export const formOf = ({ verb, words, options }: Command) =>
  ['bun run user', verb, ...words, options.name && '--name NAME', options.role && '[--role ROLE]']
    .filter(Boolean)
    .join(' ')

const width = Math.max(...commands.map((command) => formOf(command).length))

export const usage = `Users from the command line, in the database that DATABASE_URL names.

${commands.map((command) => `  ${formOf(command).padEnd(width)}  ${command.tells}`).join('\n')}

ROLE is ${inWords(roles)}; a new user without one is user.
create and reset-password read the password from standard input. Where that is empty or a terminal,
they make a password and show it once.
It exits with 0 when done, 1 when refused, 2 when not understood.`
