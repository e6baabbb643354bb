import { join } from 'node:path'
import { expect, setDefaultTimeout } from 'bun:test'
import { cloneApp, runBun } from '../support/clone'
import { follow, testUnfollowed } from './docs/follow'

// An adopter adds pages, a table, columns, a permission, a dependency and a README, renames the product and deletes
// /hello. No test outside tests/product may fail.
setDefaultTimeout(60_000)

const CREDIT = `
import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>) {
  await db.schema
    .alterTable('users')
    .addColumn('credit_cents', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
}
`

/** Lines that the adopter adds below a line that is there. */
const INSERTED: [file: string, below: string, line: string][] = [
  ['db/migrations.ts', '// Your migrations', "export * as '1002_credit' from './migrations/1002_credit'"],
  ['src/features/profile/views.tsx', '      <PageHead', '      <p safe>{`${user.credit_cents} cents`}</p>'],
  ['src/ui/flash-messages.ts', '  // Your messages', "  'note-saved': ['success', 'Saved. It is in your list.'],"],
  ['package.json', '  "dependencies": {', '    "left-pad": "1.3.0",'],
]

/** Texts that the adopter replaces. */
const REPLACED: [file: string, old: string, text: string][] = [
  ['src/config/branding.ts', "name: 'Latchkey'", "name: 'Acme'"],
  ['src/config/branding.ts', "tokenPrefix: 'lk_'", "tokenPrefix: 'acme_'"],
  ['src/config/branding.ts', "footer: '", "footer: 'Acme. "],
  ['src/app.ts', "import { hello } from './features/hello/routes'\n", ''],
  ['src/app.ts', '    .use(hello(guards))\n', ''],
  ['db/schema.ts', '{ bio: Generated<string> }', '{ bio: Generated<string>; credit_cents: Generated<number> }'],
  ['db/schema.ts', "['bio']", "['bio', 'credit_cents']"],
  ['src/model/users/roles.ts', "| 'users:write'", "| 'users:write' | 'reports:read'"],
  ['src/model/users/roles.ts', "'mail:read']]", "'mail:read', 'reports:read']]"],
  [
    'src/features/api/schemas.ts',
    "  bio: text('One",
    "  credit_cents: t.Number({ description: 'Credit.', examples: [5] }),\n  bio: text('One",
  ],
  ['src/features/api/schemas.ts', '  bio: user.bio,', '  bio: user.bio,\n  credit_cents: user.credit_cents,'],
  ['src/features/reports/routes.ts', '({ loginRequired }', '({ permissionRequired }'],
  ['src/features/reports/routes.ts', '.use(loginRequired)', ".use(permissionRequired('reports:read'))"],
  ['src/ui/navigation.ts', "text: 'Reports', show: 'user'", "text: 'Reports', show: 'reports:read'"],
  ['src/features/notes/routes.ts', "'saved'", "'note-saved'"],
]

const PAGES = ['docs/add-a-table.md', 'docs/add-a-column.md']

/** A copy of this repository with the changes of an adopter. */
async function adopt() {
  const folder = cloneApp(/^(docs|src\/features\/hello|tests\/product)$/)
  for (const name of ['adopter-page', 'reports'])
    expect(await runBun(folder, 'src/new-cli.ts', 'feature', name)).toMatchObject({ code: 0 })
  for (const page of PAGES) await follow(page, folder)
  await Bun.write(join(folder, 'db/migrations/1002_credit.ts'), CREDIT)
  await Bun.write(join(folder, 'README.md'), '# Notes\n\nAn app of our own.\n')
  for (const [path, below, line] of INSERTED) await insert(join(folder, path), below, line)
  for (const [path, old, text] of REPLACED) await replace(join(folder, path), old, text)
  return folder
}

async function insert(path: string, below: string, line: string) {
  const lines = (await Bun.file(path).text()).split('\n')
  const at = lines.findIndex((one) => one.startsWith(below))
  if (at === -1) throw new Error(`${path} has no line that starts with ${below}`)
  await Bun.write(path, lines.toSpliced(at + 1, 0, line).join('\n'))
}

async function replace(path: string, old: string, text: string) {
  const before = await Bun.file(path).text()
  if (!before.includes(old)) throw new Error(`${path} has no "${old}"`)
  await Bun.write(
    path,
    before.replace(old, () => text),
  )
}

async function run(folder: string, ...args: string[]) {
  const { code, out, err } = await runBun(folder, ...args)
  const said = (out + err).split('\n').filter((line) => /^\(fail\)|^error: |^ *\d+ (pass|fail)$/.test(line))
  return { code, said }
}

let adopted: Promise<string> | undefined
const adoptOnce = () => (adopted ??= adopt())

testUnfollowed(...PAGES)('the changes of an adopter have no type error', async () => {
  expect(await run(await adoptOnce(), 'check', '--no-script')).toEqual({ code: 0, said: [] })
})

const SUITES: [what: string, names: string[], args?: string[]][] = [
  ['the structure', ['architecture', 'app', 'pages', 'features/home', 'features/branding']],
  ['their own pages', ['features/notes', 'features/bio', 'features/adopter-page']],
  ['the API', ['features/api', 'features/api-me', 'features/api-openapi', 'attacks/claims']],
  ['every route', ['attacks/every-route']],
  ['closed accounts', ['attacks/closed-accounts']],
  ['stored markup', ['attacks/stored-markup'], ['-t', '^[^ ]*<(script|meta)']],
  // These have a test per route.
  ['foreign ids and extra fields', ['attacks/foreign-ids', 'features/extra-fields'], ['-t', 'notes']],
]

for (const [what, names, args = []] of SUITES)
  testUnfollowed(...PAGES)(`the changes of an adopter turn no test of ${what} red`, async () => {
    const files = names.map((name) => `tests/${name}.test.ts`)
    const passed = { code: 0, said: [expect.stringMatching(/^ *[1-9]\d* pass$/), ' 0 fail'] }
    expect(await run(await adoptOnce(), 'test', '--timeout', '30000', ...files, ...args)).toEqual(passed)
  })
