import { roles } from '@/model/users/roles'

export type CommandName =
  | 'create'
  | 'list'
  | 'role'
  | 'deactivate'
  | 'activate'
  | 'unlock'
  | 'change-email'
  | 'delete'
  | 'cancel-deletion'
  | 'reset-password'
  | 'send-reset'
  | 'verify-email'
  | 'reset-two-step'
  | 'reseal'
  | 'end-all-sessions'

export interface CommandSpec {
  verb: CommandName
  parameters: ('EMAIL' | 'ROLE' | 'NEW')[]
  options: { name?: 'needed'; role?: 'optional'; 'api-tokens'?: 'flag'; now?: 'flag'; source?: 'instead of EMAIL' }
  summary: string
}

export const commands: CommandSpec[] = [
  { verb: 'create', parameters: ['EMAIL'], options: { name: 'needed', role: 'optional' }, summary: 'creates a user' },
  { verb: 'list', parameters: [], options: {}, summary: 'lists all users' },
  { verb: 'role', parameters: ['EMAIL', 'ROLE'], options: {}, summary: "changes a user's role" },
  { verb: 'deactivate', parameters: ['EMAIL'], options: {}, summary: 'deactivates an account and ends its sessions' },
  { verb: 'activate', parameters: ['EMAIL'], options: {}, summary: 'reactivates an account' },
  {
    verb: 'unlock',
    parameters: ['EMAIL'],
    options: { source: 'instead of EMAIL' },
    summary: 'lifts the limits of an account or of an IP address',
  },
  {
    verb: 'change-email',
    parameters: ['EMAIL', 'NEW'],
    options: {},
    summary: 'changes the address of a user at once; it is not confirmed',
  },
  {
    verb: 'delete',
    parameters: ['EMAIL'],
    options: { now: 'flag' },
    summary: 'deletes an account, by default after a grace period',
  },
  {
    verb: 'cancel-deletion',
    parameters: ['EMAIL'],
    options: {},
    summary: 'keeps an account that is scheduled for deletion',
  },
  { verb: 'reset-password', parameters: ['EMAIL'], options: {}, summary: "resets a user's password" },
  { verb: 'send-reset', parameters: ['EMAIL'], options: {}, summary: 'emails a user a link to choose a new password' },
  { verb: 'verify-email', parameters: ['EMAIL'], options: {}, summary: "marks a user's address as confirmed" },
  {
    verb: 'reset-two-step',
    parameters: ['EMAIL'],
    options: {},
    summary: 'removes all second factors of a user who lost them',
  },
  { verb: 'reseal', parameters: [], options: {}, summary: 'encrypts all secrets with the newest key' },
  {
    verb: 'end-all-sessions',
    parameters: [],
    options: { 'api-tokens': 'flag' },
    summary: 'logs all users out; optionally revokes all API tokens',
  },
]

/** `user, support or admin`. */
export const joinChoices = (choices: readonly string[]) => `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`

export const syntaxOf = ({ verb, parameters, options }: CommandSpec) =>
  [
    'bun run user',
    verb,
    options.source ? `${parameters.join(' ')}|--source ADDRESS` : parameters.join(' '),
    options.name && '--name NAME',
    options.role && '[--role ROLE]',
    options['api-tokens'] && '[--api-tokens]',
    options.now && '[--now]',
  ]
    .filter(Boolean)
    .join(' ')

const width = Math.max(...commands.map((command) => syntaxOf(command).length))

export const usage = `Manages the users in the database that DATABASE_URL names.

${commands.map((command) => `  ${syntaxOf(command).padEnd(width)}  ${command.summary}`).join('\n')}

ROLE is ${joinChoices(roles)}. The default is user.
create and reset-password read the password from standard input. If it is empty or a terminal,
they generate a password and show it once.
Exit codes: 0 success, 1 failure, 2 usage error.`
