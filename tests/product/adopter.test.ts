import { join } from 'node:path'
import { expect, setDefaultTimeout, test } from 'bun:test'
import { cloneApp, runBun } from '../support/clone'

// An adopter adds a feature, a column, a permission, a dependency and a README, renames the product and deletes /hello.
// No test outside tests/product may fail.
setDefaultTimeout(60_000)

/** New files. The paths in imports are those of this repository. */
const ADDED: Record<string, string> = {
  'db/migrations/1001_notes.ts': `
import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>) {
  await db.schema
    .createTable('notes')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('text', 'text', (c) => c.notNull())
    .addColumn('price_cents', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema.createIndex('notes_user_id').on('notes').column('user_id').execute()
  await db.schema.alterTable('users').addColumn('credit_cents', 'integer', (c) => c.notNull().defaultTo(0)).execute()
}
`,
  'src/model/notes/notes.ts': `
import type { Deps } from '@/deps/deps'
import { base64url } from '@/lib/encoding'
import type { User } from '@/model/types'

type Owner = Pick<User, 'id'>

export const listNotes = ({ db }: Deps, { id }: Owner) =>
  db.selectFrom('notes').select(['id', 'text', 'price_cents']).where('user_id', '=', id).orderBy('created_at').execute()

export const findNote = ({ db }: Deps, owner: Owner, id: string) =>
  db
    .selectFrom('notes')
    .select(['id', 'text', 'price_cents'])
    .where('id', '=', id)
    .where('user_id', '=', owner.id)
    .executeTakeFirst()

export async function createNote({ db, now, random }: Deps, { id: user_id }: Owner, text: string, price_cents: number) {
  const id = base64url(random(16))
  await db.insertInto('notes').values({ id, user_id, text, price_cents, created_at: now() }).execute()
  return id
}

export async function deleteNote({ db }: Deps, owner: Owner, id: string) {
  const deleted = db.deleteFrom('notes').where('id', '=', id).where('user_id', '=', owner.id)
  return (await deleted.returning('id').executeTakeFirst()) !== undefined
}
`,
  'src/features/notes/views.tsx': `
import { Field } from '@/ui/field'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { PageHead } from '@/ui/page-head'

type Note = { id: string; text: string; price_cents: number }
type NotesProps = { notes: Note[]; text?: string; error?: string }

export const NotesPage = ({ notes, text = '', error }: NotesProps): View => ({
  title: 'Notes',
  body: (
    <>
      <PageHead title="Notes" />
      <ul>
        {notes.map((note) => (
          <li>
            <a href={\`/notes/\${note.id}\`} safe>
              {note.text}
            </a>
          </li>
        ))}
      </ul>
      <Form action="/notes" submit="Save">
        <Field label="Text" name="text" autocomplete="off" value={text} error={error} />
      </Form>
    </>
  ),
})

export const NotePage = ({ note }: { note: Note }): View => ({
  title: 'Note',
  body: (
    <>
      <PageHead title={note.text} />
      <p safe>{\`\${note.price_cents} cents\`}</p>
      <Form action={\`/notes/\${note.id}/delete\`} submit="Delete" />
    </>
  ),
})
`,
  'src/features/notes/routes.ts': `
import { Elysia, t } from 'elysia'
import { createNote, deleteNote, findNote, listNotes } from '@/model/notes/notes'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { notFound } from '@/http/response/http-errors'
import { NotePage, NotesPage } from './views'

export const notes = ({ loginRequired }: Guards) =>
  new Elysia({ prefix: '/notes' })
    .use(loginRequired)
    .get('/', async ({ deps, currentUser, reply }) =>
      reply.page(NotesPage({ notes: await listNotes(deps, currentUser) })),
    )
    .post(
      '/',
      async ({ deps, currentUser, body, reply }) => {
        if (body.text === '') {
          const notes = await listNotes(deps, currentUser)
          return reply.page(NotesPage({ notes, error: 'Enter a text.' }), 422)
        }
        await createNote(deps, currentUser, body.text, 100)
        return reply.redirect('/notes', 'note-saved')
      },
      { body: t.Object({ text: textField }) },
    )
    .get('/:id', async ({ deps, currentUser, params, reply }) => {
      const note = await findNote(deps, currentUser, params.id)
      if (!note) throw notFound()
      return reply.page(NotePage({ note }))
    })
    .post('/:id/delete', async ({ deps, currentUser, params, reply }) => {
      if (!(await deleteNote(deps, currentUser, params.id))) throw notFound()
      return reply.redirect('/notes', 'note-saved')
    })
`,
  'README.md': '# Notes\n\nAn app of our own.\n',
}

/** Lines that the adopter adds below a line that is there. */
const INSERTED: [file: string, below: string, line: string][] = [
  ['src/app.ts', '// Your features', "import { notes } from './features/notes/routes'"],
  ['src/app.ts', '    // Your features', '    .use(notes(guards))'],
  ['src/ui/navigation.ts', '  // Your pages', "  { href: '/notes', text: 'Notes', show: 'user', where: 'main' },"],
  ['src/ui/flash-messages.ts', '  // Your messages', "  'note-saved': ['success', 'Your note has been saved.'],"],
  ['db/migrations.ts', '// Your migrations', "export * as '1001_notes' from './migrations/1001_notes'"],
  [
    'db/schema.ts',
    '  // Your tables',
    '  notes: { id: string; user_id: string; text: string; price_cents: number; created_at: number }',
  ],
  ['package.json', '  "dependencies": {', '    "left-pad": "1.3.0",'],
]

/** Texts that the adopter replaces. */
const REPLACED: [file: string, old: string, text: string][] = [
  ['src/config/branding.ts', "name: 'Latchkey'", "name: 'Acme'"],
  ['src/config/branding.ts', "tokenPrefix: 'lk_'", "tokenPrefix: 'acme_'"],
  ['src/config/branding.ts', "footer: '", "footer: 'Acme. "],
  ['src/app.ts', "import { hello } from './features/hello/routes'\n", ''],
  ['src/app.ts', '    .use(hello(guards))\n', ''],
  ['db/schema.ts', 'type OwnUserColumns = {}', 'type OwnUserColumns = { credit_cents: Generated<number> }'],
  ['db/schema.ts', 'ownUserColumns = []', "ownUserColumns = ['credit_cents']"],
  ['src/model/users/roles.ts', "| 'users:write'", "| 'users:write' | 'reports:read'"],
  ['src/model/users/roles.ts', "'users:read']]", "'users:read', 'reports:read']]"],
  ['src/features/api/schemas.ts', 'const Me = t.Object({', 'const Me = t.Object({\n  credit_cents: number,'],
  [
    'src/features/api/schemas.ts',
    'const Me =',
    "const number = t.Number({ description: 'Credit.', examples: [5] })\n\nconst Me =",
  ],
  ['src/features/api/schemas.ts', 'const toMe = ({ id,', 'const toMe = ({ credit_cents, id,'],
  ['src/features/api/schemas.ts', 'typeof Me> => ({ id,', 'typeof Me> => ({ credit_cents, id,'],
  [
    'src/features/profile/views.tsx',
    '<PageHead title={`Welcome, ${user.name}!`} />',
    '<PageHead title={`Welcome, ${user.name}!`} />\n<p safe>{`${user.credit_cents} cents`}</p>',
  ],
]

/** A copy of this repository with the changes of an adopter. */
async function adopt() {
  const folder = cloneApp(/^(docs|src\/features\/hello|tests\/product)$/)
  for (const [path, text] of Object.entries(ADDED)) await Bun.write(join(folder, path), text.trimStart())
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

const ARCHITECTURE = ['architecture', 'app', 'pages', 'features/home', 'features/branding']
const API = ['features/api', 'features/api-me', 'features/api-openapi', 'attacks/claims']
/** Each of these has a test per route. */
const WALKERS = ['attacks/foreign-ids', 'features/extra-fields']

const testsOf = (names: string[]) => names.map((name) => `tests/${name}.test.ts`)

test('the usual changes of an adopter turn no test red', async () => {
  const folder = await adopt()
  const [types, ...suites] = await Promise.all([
    run(folder, 'check', '--no-script'),
    run(folder, 'test', '--timeout', '30000', ...testsOf([...ARCHITECTURE, ...API])),
    run(folder, 'test', '--timeout', '30000', ...testsOf(['attacks/every-route'])),
    run(folder, 'test', '--timeout', '30000', ...testsOf(WALKERS), '-t', 'notes'),
  ])
  expect(types).toEqual({ code: 0, said: [] })
  const passed = { code: 0, said: [expect.stringMatching(/^ *[1-9]\d* pass$/), ' 0 fail'] }
  expect(suites).toEqual([passed, passed, passed])
})
