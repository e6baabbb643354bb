import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, setDefaultTimeout } from 'bun:test'
import { cloneApp, runBun } from '../support/clone'
import { tempFolder } from '../support/temp'
import { follow, testUnfollowed } from './docs/follow'

// The adopter adds a table and a column as the pages say, and the core changes. The commands of docs/upgrade.md merge both.
setDefaultTimeout(60_000)

/** The core appends and prepends to its own lines, and never writes below a comment that starts with "Your". */
const CORE_LINES: [file: string, line: RegExp, where: 'above' | 'below', added: string][] = [
  ['src/app.ts', /^import \{ wellKnown \}/, 'below', "import { motto } from './features/motto/routes'"],
  ['src/app.ts', /^ {4}\.use\(wellKnown\(guards\)\)/, 'below', '    .use(motto(guards))'],
  ['src/ui/flash-messages.ts', /^ {2}\/\/ Messages of the core/, 'below', "  'motto-first': ['info', 'First.'],"],
  ['src/ui/flash-messages.ts', /^\} as const satisfies/, 'above', "  'motto-last': ['info', 'Last.'],"],
  [
    'src/ui/navigation.ts',
    /^ {2}\/\/ Your pages/,
    'above',
    "  { href: '/motto', text: 'M', show: 'user', where: 'main' },",
  ],
  ['src/ui/navigation.ts', /^\]/, 'above', "  { href: '/motto', text: 'Motto', show: 'user', where: 'Account' },"],
  [
    'db/migrations.ts',
    /'0003_saved_request_source'/,
    'below',
    "export * as '0004_mottos' from './migrations/0004_mottos'",
  ],
  ['db/schema.ts', /^ {2}\/\/ Tables of the core/, 'below', '  mottos: { id: string; text: string }'],
  ['db/schema.ts', /^ {2}users: /, 'below', '    motto_id: string | null'],
  ['src/model/users/columns.ts', /^ {2}\.\.\.ownUserColumns/, 'below', "  'motto_id',"],
  ['db/schema.ts', /^type CoreUserColumn =/, 'below', "  | 'motto_id'"],
  ['package.json', /^ {2}"dependencies": \{/, 'below', '    "a-new-package": "1.0.0",'],
  ['package.json', /^ {2}"license"/, 'below', '  "homepage": "https://latchkey.example",'],
  ['README.md', /^# /, 'below', '\nA new first sentence.'],
  ['src/http/response/http-errors.ts', /^import/, 'above', "export const TEAPOT = 'I am a teapot'"],
  ['src/model/users/name.ts', /^const/, 'above', 'export const MIN_LENGTH = 1'],
  ['src/ui/layout.tsx', /^import/, 'above', "export type Direction = 'ltr' | 'rtl'"],
]

const CORE_FILES: Record<string, string> = {
  'db/migrations/0004_mottos.ts': `
import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>) {
  await db.schema.createTable('mottos').addColumn('id', 'text').addColumn('text', 'text').execute()
  await db.schema.alterTable('users').addColumn('motto_id', 'text').execute()
}
`,
  'src/features/motto/routes.ts': `
import { Elysia } from 'elysia'
import type { Guards } from '@/http/auth/guards'

export const motto = ({ loginRequired }: Guards) =>
  new Elysia({ prefix: '/motto' }).use(loginRequired).get('/', ({ reply }) => reply.text('Motto'))
`,
}

/** The files that an adopter replaces, beside the new feature. */
const MINE: [file: string, old: RegExp, text: string][] = [
  ['src/config/branding.ts', /name: 'Latchkey'/, "name: 'Acme'"],
  ['package.json', /"name": "latchkey"/, '"name": "acme"'],
  ['README.md', /^[^]*$/, '# Acme\n'],
]

async function insert(file: string, line: RegExp, where: 'above' | 'below', added: string) {
  const lines = (await Bun.file(file).text()).split('\n')
  const at = lines.findIndex((one) => line.test(one))
  if (at === -1) throw new Error(`${file} has no line ${line}`)
  await Bun.write(file, lines.toSpliced(where === 'below' ? at + 1 : at, 0, added).join('\n'))
}

/** Without the settings of the machine. */
const GIT = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_PAGER: 'cat',
  GIT_AUTHOR_NAME: 'Ann',
  GIT_AUTHOR_EMAIL: 'ann@example.test',
  GIT_COMMITTER_NAME: 'Ann',
  GIT_COMMITTER_EMAIL: 'ann@example.test',
}

async function git(folder: string, command: string) {
  const options = { cwd: folder, env: { ...process.env, ...GIT }, stdout: 'pipe', stderr: 'pipe' } as const
  const ran = Bun.spawn(['git', ...command.split(' ')], options)
  const [out, err] = await Promise.all([new Response(ran.stdout).text(), new Response(ran.stderr).text()])
  if ((await ran.exited) !== 0) throw new Error(`git ${command}: ${out}${err}`)
}

const commit = async (folder: string) => {
  await git(folder, 'add --all')
  await git(folder, 'commit --quiet --message change')
}

/** The present files as the first commit of a repository, and a clone of it. The link to the packages is one of them. */
async function coreAndClone() {
  const [core, clone] = [cloneApp(/^docs$/), tempFolder('adopter')]
  await git(core, 'init --quiet --initial-branch main')
  await commit(core)
  await git(clone, `clone --quiet ${core} .`)
  return { core, clone }
}

async function changeCore(core: string) {
  for (const [path, text] of Object.entries(CORE_FILES)) await Bun.write(join(core, path), text.trimStart())
  for (const [file, line, where, added] of CORE_LINES) await insert(join(core, file), line, where, added)
  await commit(core)
}

const PAGES = ['docs/add-a-table.md', 'docs/add-a-column.md']

async function changeClone(clone: string) {
  for (const page of PAGES) await follow(page, clone)
  for (const [file, old, text] of MINE) {
    const path = join(clone, file)
    await Bun.write(path, (await Bun.file(path).text()).replace(old, text))
  }
  await commit(clone)
}

/** The commands below the headings of docs/upgrade.md. */
const commands = [...readFileSync('docs/upgrade.md', 'utf8').matchAll(/^git (.+)$/gm)].map(
  ([, command = '']) => command,
)

testUnfollowed(...PAGES)(
  'a clone with an own feature merges a changed core without a conflict, and the tests of both pass',
  async () => {
    const { core, clone } = await coreAndClone()
    await changeClone(clone)
    await changeCore(core)
    expect(commands.at(-1)).toBe('merge --no-edit latchkey/main')
    for (const command of commands) await git(clone, command)

    expect(await Bun.file(join(clone, 'README.md')).text()).toBe('# Acme\n')
    const suites = ['features/notes', 'features/bio', 'features/profile', 'architecture', 'db/open']
    const [types, tests] = await Promise.all([
      runBun(clone, 'check', '--no-script'),
      runBun(clone, 'test', '--timeout', '30000', ...suites.map((name) => `tests/${name}.test.ts`)),
    ])
    expect(types).toMatchObject({ code: 0 })
    expect(tests).toMatchObject({ code: 0 })
  },
)
