import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { Glob } from 'bun'

// docs/rolling-upgrade.md: the version before runs beside each migration.
type Rule = { breaks: RegExp; message: string; example: string }

const LARGE = '[\'"`](users|sessions|security_events|rate_limit_hits)[\'"`]'
const column = (options: string) => `await db.schema.alterTable('notes').addColumn('a', text(db), (c) => c${options})`

const RULES: Rule[] = [
  {
    breaks: /\.renam|\brename (to|column)\b/i,
    message: 'renames',
    example: "await db.schema.alterTable('notes').renameColumn('a', 'b').execute()",
  },
  {
    breaks: /\.drop(Table|Column)\b|\bdrop (table|column)\b/i,
    message: 'drops what old code may read',
    example: "await db.schema.alterTable('notes').dropColumn('a').execute()",
  },
  {
    breaks: /\.setNotNull\b|\bset not null\b/i,
    message: 'forbids null, which old code may write',
    example: "await db.schema.alterTable('notes').alterColumn('a', (c) => c.setNotNull()).execute()",
  },
  {
    breaks: /alterTable\((?=[^]*addColumn)(?=[^]*notNull\()(?![^]*defaultTo\()/,
    message: 'adds a column that old code does not fill',
    example: column('.notNull()'),
  },
  {
    breaks: new RegExp(`createIndex\\([^)]*\\)(?:(?!await )[^])*?\\.on\\(${LARGE}\\)`),
    message: 'blocks the writes to a large table: use createIndexConcurrently',
    example: "await db.schema.createIndex('i').on('sessions').column('a').execute()",
  },
  {
    breaks: new RegExp(`(updateTable|deleteFrom)\\(${LARGE}\\)`),
    message: 'changes all rows of a large table: use a job',
    example: "await db.updateTable('users').set({ a: 1 }).execute()",
  },
]

/** One statement after the other: a rule looks at one only. */
const violations = (text: string) =>
  text
    .split(/(?=\bawait )/)
    .flatMap((statement) => RULES.filter(({ breaks }) => breaks.test(statement)).map(({ message }) => message))

/** Migrations until 0011 were there before two versions could run at once. Numbers from 1001 on belong to adopters. */
const isChecked = (name: string) => name > '0012' && name < '1001'

/** A migration that old code cannot work with says so, and then only the new version runs. */
const setsFloor = (text: string) => text.includes("insertInto('schema_floor')")

test('the version before can run beside each migration', () => {
  const files = [...new Glob('*.ts').scanSync('db/migrations')].filter(isChecked)
  const texts = files.map((name) => [name, readFileSync(`db/migrations/${name}`, 'utf8')] as const)
  const found = texts.flatMap(([name, text]) => (setsFloor(text) ? [] : violations(text).map((one) => [name, one])))
  expect(found).toEqual([])
})

test.each(RULES)('a migration that $message is reported', ({ example, message }) => {
  expect(violations(`export async function up(db: Kysely<unknown>) {\n  ${example}\n}\n`)).toEqual([message])
})

test('a table, a nullable column, a column with a default and a concurrent index are allowed', () => {
  const allowed = [
    "await db.schema.createTable('a').addColumn('id', text(db), (c) => c.notNull()).execute()",
    `${column('')}.execute()`,
    `${column(".notNull().defaultTo('')")}.execute()`,
    "await createIndexConcurrently(db, { name: 'i', table: 'sessions', columns: ['a'] })",
    "await db.schema.createIndex('i').on('notes').column('a').execute()",
  ]
  expect(allowed.flatMap(violations)).toEqual([])
})
