import { expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Glob } from 'bun'
import { Elysia } from 'elysia'
import ts from 'typescript'
import { mailSite, openSite } from './support/site'

// Each rule has an example that breaks it, and a test that the example is reported.
setDefaultTimeout(60_000) // the first test parses every file

type Source = { path: string; text: string }
type Import = { from: string; target: string; isType: boolean }

const scan = (pattern: string) => [...new Glob(pattern).scanSync('.')].filter((path) => !path.endsWith('.d.ts'))
const read = (paths: string[]) =>
  Promise.all(paths.toSorted().map(async (path): Promise<Source> => ({ path, text: await Bun.file(path).text() })))

const code = await read(scan('{src,db}/**/*.{ts,tsx}'))
const tests = await read(scan('tests/**/*.{ts,tsx}'))
const scripts = await read(scan('public/*.js'))

const parse = ({ path, text }: Source) => ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)

function walk(node: ts.Node, see: (node: ts.Node) => void) {
  see(node)
  node.forEachChild((child) => walk(child, see))
}

const lineOf = (file: ts.SourceFile, node: ts.Node) => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1

/** The path of a module of ours, without its ending where no such file exists. A package keeps its name. */
function resolve(from: string, name: string) {
  const path = name.startsWith('.') ? join(dirname(from), name) : name.replace(/^@\//, 'src/').replace(/^@db\//, 'db/')
  if (!/^(src|db|public|tests)\//.test(path)) return name
  return (
    [path, `${path}.ts`, `${path}.tsx`, `${path}.d.ts`].find((one) => /\.\w+$/.test(one) && existsSync(one)) ?? path
  )
}

/** All imports of a file: of values, of types, `export from` and `import()`. */
function importsOf(source: Source): Import[] {
  const found: Import[] = []
  const add = (specifier: ts.Node | undefined, isType: boolean) => {
    if (specifier && ts.isStringLiteralLike(specifier))
      found.push({ from: source.path, target: resolve(source.path, specifier.text), isType })
  }
  const see = (node: ts.Node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeImport(node.importClause))
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false)
  }
  const file = parse(source)
  if (source.text.includes('import(')) walk(file, see)
  else file.statements.forEach(see) // a walk through every expression takes four times as long
  return found
}

function isTypeImport(clause: ts.ImportClause | undefined) {
  if (!clause || clause.name) return clause?.isTypeOnly ?? false
  const named = clause.namedBindings && ts.isNamedImports(clause.namedBindings) ? clause.namedBindings.elements : []
  return clause.isTypeOnly || (named.length > 0 && named.every(({ isTypeOnly }) => isTypeOnly))
}

// ---------------------------------------------------------------------------------------------------------- imports

type ImportRule = {
  /** The folder or file that the rule is for. A folder may import itself. The first rule that fits counts. */
  of: RegExp
  may?: RegExp
  /** May be imported as types only. */
  types?: RegExp
  /** Packages and modules of Bun. Without it any package is allowed. */
  packages?: RegExp
  why: string
  fix: string
  /** A file and an import of it that breaks the rule. */
  breaks: [path: string, imports: string]
}

const MODEL_BASE = String.raw`src/(deps|lib)/|db/[\w-]+\.ts$|db/engine/|src/model/types\.ts$`

const IMPORTS: ImportRule[] = [
  {
    of: /^src\/lib\//,
    why: 'lib knows nothing of accounts',
    fix: 'Pass the value as a parameter, or move the code to the folder that owns it.',
    breaks: ['src/lib/log.ts', "import { Deps } from '@/deps/deps'"],
  },
  {
    of: /^db\/migrations\//,
    may: /^db\/engine\/(columns|concurrent-index)\.ts$/,
    packages: /^kysely$/,
    why: 'a migration must run the same in years to come, whatever the code becomes',
    fix: 'Write the names of tables and columns into the migration.',
    breaks: ['db/migrations/0002_notes.ts', "import { users } from '../schema'"],
  },
  {
    of: /^db\/sqlite\//,
    types: /^db\/engine\//,
    packages: /^(kysely|bun|bun:\w+|node:[\w/]+)$/,
    why: 'what only SQLite needs must be removable without a trace',
    fix: 'Pass the value as a parameter, or move the code to db.',
    breaks: ['db/sqlite/fsync.ts', "import type { Config } from '@/config/env'"],
  },
  {
    of: /^db\/engine\//,
    packages: /^kysely$/,
    why: 'both databases and every migration stand on it',
    fix: 'Move the code to db, which may import every engine.',
    breaks: ['db/engine/engine.ts', "import type { Schema } from '../schema'"],
  },
  {
    of: /^db\/postgres\//,
    types: /^db\/engine\//,
    packages: /^(kysely|bun)$/,
    why: 'what only PostgreSQL needs must be removable without a trace',
    fix: 'Pass the value as a parameter, or move the code to db.',
    breaks: ['db/postgres/driver.ts', "import type { Config } from '@/config/env'"],
  },
  {
    of: /^db\//,
    may: /^db\//,
    why: 'the database is below everything else',
    fix: 'Pass the value as a parameter from src/deps/deps.ts.',
    breaks: ['db/open.ts', "import { log } from '@/lib/log'"],
  },
  {
    of: /^src\/config\//,
    may: /^(src\/lib\/|db\/host-list\.ts$)/,
    why: 'the configuration is read before anything else exists',
    fix: 'Move the code to src/deps, which may read the configuration.',
    breaks: ['src/config/env.ts', "import { openDb } from '@db/open'"],
  },
  {
    of: /^src\/deps\//,
    may: /^(db\/(?!migrations\/)|src\/(config|lib)\/)/,
    why: 'deps is what the model stands on',
    fix: 'Move the code to src/model, which receives deps as a parameter.',
    breaks: ['src/deps/deps.ts', "import type { User } from '@/model/types'"],
  },
  {
    of: /^src\/model\/types\.ts$/,
    types: /^db\/(schema|\w+-tables)\.ts$/,
    why: 'types.ts holds types that all of the model shares',
    fix: 'Move the code to the folder of its noun in src/model.',
    breaks: ['src/model/types.ts', "import { minutes } from '@/lib/duration'"],
  },
  {
    of: /^src\/model\/mails\//,
    may: new RegExp(`^(${MODEL_BASE}|src/model/limits/)`),
    why: 'a request writes a mail without looking up the user, so that no response reveals an account',
    fix: 'Move the operation to src/model/accounts, which may import every noun.',
    breaks: ['src/model/mails/mails.ts', "import { findUser } from '@/model/users/users'"],
  },
  {
    of: /^src\/model\/notifications\//,
    may: new RegExp(`^(${MODEL_BASE}|src/model/mails/)`),
    why: 'every event may be reported by a mail, so notifications are below all that records events',
    fix: 'Move the operation to src/model/accounts, which may import every noun.',
    breaks: [
      'src/model/notifications/notifications.ts',
      "import { recordEvent } from '@/model/security-events/security-events'",
    ],
  },
  {
    of: /^src\/model\/security-events\//,
    may: new RegExp(`^(${MODEL_BASE}|src/model/notifications/)`),
    why: 'an event knows nothing of the change that it records',
    fix: 'Move the operation to src/model/accounts, which may import every noun.',
    breaks: ['src/model/security-events/security-events.ts', "import { findUser } from '@/model/users/users'"],
  },
  {
    of: /^src\/model\/(leases|limits|passwords|saved-requests)\//,
    may: new RegExp(`^(${MODEL_BASE})`),
    why: 'these are the lowest folders of the model',
    fix: 'Move the operation to src/model/accounts, which may import every noun.',
    breaks: ['src/model/limits/rate-limits.ts', "import { findUser } from '@/model/users/users'"],
  },
  {
    of: /^src\/model\/one-time-tokens\//,
    may: new RegExp(`^(${MODEL_BASE}|src/model/(limits|passwords)/)`),
    why: 'a token knows nothing of what it allows',
    fix: 'Move the operation to src/model/accounts, which may import every noun.',
    breaks: ['src/model/one-time-tokens/codes.ts', "import { findUser } from '@/model/users/users'"],
  },
  {
    of: /^src\/model\/users\//,
    may: new RegExp(`^(${MODEL_BASE}|src/model/(limits|passwords|security-events)/)`),
    why: 'users are below sessions and tokens',
    fix: 'Move the operation to src/model/accounts, which may import every noun.',
    breaks: ['src/model/users/users.ts', "import { endSession } from '@/model/sessions/end'"],
  },
  {
    of: /^src\/model\/factors\//,
    may: /^src\/(lib\/|model\/types\.ts$)/,
    why: 'what a login still needs is decided by functions without a database',
    fix: 'Read the rows in src/model/accounts, and pass them as parameters.',
    breaks: ['src/model/factors/assurance.ts', "import { findUser } from '@/model/users/users'"],
  },
  {
    of: /^src\/model\/(api-tokens|authenticator-apps|factor-resets|passkeys|pending-logins|recovery-codes|sessions)\//,
    may: new RegExp(`^(${MODEL_BASE}|src/model/(factors|limits|passwords|security-events|users)/)`),
    why: 'what touches several nouns belongs to src/model/accounts',
    fix: 'Move the operation to src/model/accounts, which may import every noun.',
    breaks: ['src/model/sessions/end.ts', "import { revokeAccess } from '@/model/accounts/revoke-access'"],
  },
  {
    of: /^src\/model\//,
    may: /^(src\/(model|deps|lib)\/|db\/[\w-]+\.ts$|db\/engine\/)/,
    why: 'the model knows nothing of HTTP and HTML',
    fix: 'Move HTTP to routes.ts and HTML to views.tsx. See docs/add-a-table.md.',
    breaks: ['src/model/accounts/sign-up.ts', "import { reply } from '@/http/response/reply'"],
  },
  {
    of: /^src\/ui\//,
    may: /^src\/lib\//,
    types: /^src\/(model|deps|config)\//,
    why: 'a component shows what it is given, and asks for nothing',
    fix: 'Pass the value as a prop from routes.ts.',
    breaks: ['src/ui/menu.tsx', "import { isAllowed } from '@/model/users/roles'"],
  },
  {
    of: /^src\/http\/types\//,
    types: /^src\/(deps|model|ui|config)\//,
    why: 'the folder holds types and no code',
    fix: 'Move the code to the folder of src/http that uses it.',
    breaks: ['src/http/types/reply.ts', "import { layout } from '@/ui/layout'"],
  },
  {
    of: /^src\/http\/request\//,
    may: /^src\/(http\/types\/|lib\/)/,
    types: /^src\/(config|deps|model)\//,
    why: 'request reads the request and decides nothing',
    fix: 'Move the code to src/http/auth, or pass the value as a parameter.',
    breaks: ['src/http/request/path.ts', "import { findSession } from '@/model/sessions/sessions'"],
  },
  {
    of: /^src\/http\/assets\//,
    may: /^(public|src\/lib)\//,
    why: 'assets are files, the same for everybody',
    fix: 'Move the code to src/features/assets.',
    breaks: ['src/http/assets/manifest.ts', "import { isApiPath } from '@/http/request/path'"],
  },
  {
    of: /^src\/http\/response\//,
    may: /^src\/(http\/(types\/|request\/|assets\/)|(model|ui|lib|config|deps)\/)/,
    why: 'the folders of http form a chain, and response comes before sse and auth',
    fix: 'Move the code to src/http/auth, or pass the value as a parameter.',
    breaks: ['src/http/response/reply.tsx', "import { guards } from '@/http/auth/guards'"],
  },
  {
    of: /^src\/http\/sse\//,
    may: /^src\/(http\/(types\/|request\/|response\/)|(model|lib|deps)\/)/,
    why: 'the folders of http form a chain, and sse comes before auth',
    fix: 'Move the code to src/http/auth, or pass the value as a parameter.',
    breaks: ['src/http/sse/session-stream.ts', "import { authorize } from '@/http/auth/authorize'"],
  },
  {
    of: /^src\/http\/auth\//,
    may: /^src\/(http\/(types\/|request\/|response\/|sse\/)|(model|ui|lib|config|deps)\/)/,
    why: 'the folders of http form a chain, and auth comes before middleware',
    fix: 'Move the code to src/http/middleware, or pass the value as a parameter.',
    breaks: ['src/http/auth/guards.ts', "import { parseBody } from '@/http/middleware/body'"],
  },
  {
    of: /^src\/http\/middleware\//,
    may: /^(src\/(http|lib|config|deps)\/|db\/errors\.ts$)/,
    why: 'middleware has no rules of the model',
    fix: 'Move the rule to src/http/auth, which may call the model.',
    breaks: ['src/http/middleware/body.ts', "import { findUser } from '@/model/users/users'"],
  },
  {
    of: /^src\/features\/.+\.tsx$/,
    may: /^src\/(ui|lib)\//,
    types: /^src\//,
    why: 'a view shows what the route gives it',
    fix: 'Call the model in routes.ts and pass the result as a prop. See docs/add-a-page.md.',
    breaks: ['src/features/home/views.tsx', "import { listUsers } from '@/model/users/user-list'"],
  },
  {
    of: /^src\/features\//,
    may: /^src\/(http\/(?!middleware\/)|model\/|lib\/)/,
    types: /^src\/(deps|config)\//,
    why: 'a route calls the model and chooses a reply; one feature links to another by URL',
    fix: 'Move shared code to src/model, src/ui or src/http. Link to another feature by URL.',
    breaks: ['src/features/login/routes.ts', "import { signup } from '../signup/routes'"],
  },
  {
    of: /^src\/cli\//,
    may: /^src\/(model|lib|deps|cli\/templates)\//,
    why: 'the command line has no HTTP, and only the templates of a new feature have HTML',
    fix: 'Move the code to src/model, or to the entry file in src.',
    breaks: ['src/cli/commands.ts', "import { createApp } from '@/app'"],
  },
  {
    of: /^src\/retention-job\.ts$/,
    may: /^src\/(model\/(leases|retention)|deps|lib)\//,
    why: 'the job only calls the retention of the model, while it has the lease',
    fix: 'Move the code to src/model/retention and call it here.',
    breaks: ['src/retention-job.ts', "import { endSession } from '@/model/sessions/end'"],
  },
  {
    of: /^src\/mail-job\.ts$/,
    may: /^(src\/((model|deps|lib)\/|mail-templates\.ts$)|db\/mail-tables\.ts$)/,
    why: 'the job puts together the model and the templates, and knows no HTTP',
    fix: 'Move the code to src/model and call it here.',
    breaks: ['src/mail-job.ts', "import { createApp } from './app'"],
  },
  {
    of: /^src\/database-check\.ts$/,
    may: /^src\/(deps|lib)\//,
    why: 'the job only reports what deps find',
    fix: 'Move the check to src/deps and call it here.',
    breaks: ['src/database-check.ts', "import { createApp } from './app'"],
  },
  {
    of: /^src\/(app|server|cli|db-cli|new-cli|startup|workers|auth|mail-templates)\.ts$/,
    may: /^(src|db)\//,
    why: 'entry files put all together, but do not use tests',
    fix: 'Move the code from tests to src.',
    breaks: ['src/app.ts', "import { probe } from '../tests/support/probe'"],
  },
  {
    of: /^tests\/support\//,
    may: /^(src|db)\//,
    why: 'all tests share it',
    fix: 'Move the shared code to tests/support.',
    breaks: ['tests/support/site.ts', "import { views } from '../product/docs/examples'"],
  },
  {
    of: /^tests\//,
    may: /^(src|db|tests\/support)\//,
    why: 'a test folder may be deleted without another one breaking; nothing may need tests/product',
    fix: 'Move the shared code to tests/support. See docs/test.md.',
    breaks: ['tests/http/auth/guards.test.ts', "import { examples } from '../../product/docs/examples'"],
  },
]

/** The folder whose files may import each other. A feature, and a folder directly below tests, is one folder. */
function ownFolder(path: string) {
  const [whole] = path.match(/^(src\/features\/[^/]+|tests\/[^/]+)\//) ?? []
  return whole ?? `${dirname(path)}/`
}

const isOwn = (path: string, target: string) => {
  const own = ownFolder(path)
  if (/^(src|tests|db)\/$/.test(own)) return false
  return own.startsWith('src/features/') || own.startsWith('tests/')
    ? target.startsWith(own)
    : `${dirname(target)}/` === own
}

function importErrors(sources: Source[]) {
  return sources.flatMap((source) => {
    const rule = IMPORTS.find(({ of }) => of.test(source.path))
    if (!rule)
      return [
        `${source.path} is in a folder that no import rule knows. Move it to src/features, src/model, src/ui, src/http or src/lib, or add a rule to IMPORTS in tests/architecture.test.ts.`,
      ]
    return importsOf(source).flatMap(({ target, isType }) => {
      const isOurs = /^(src|db|public|tests)\//.test(target)
      const isAllowed = isOurs
        ? isOwn(source.path, target) || rule.may?.test(target) || (isType && rule.types?.test(target))
        : (rule.packages?.test(target) ?? true)
      return isAllowed ? [] : [explainImport(source.path, target, rule)]
    })
  })
}

function explainImport(path: string, target: string, { of, may, types, packages, why, fix }: ImportRule) {
  const allowed = [
    'its own folder',
    ...(may ? [`${may.source}`] : []),
    ...(types ? [`as types ${types.source}`] : []),
    packages ? `the packages ${packages.source}` : 'packages',
  ]
  return `${path} imports ${target}. ${of.source} may import ${allowed.join(', ')}: ${why}. ${fix}`
}

test('every file imports only what its folder may import', () => {
  expect(importErrors([...code, ...tests])).toEqual([])
})

test.each(IMPORTS.map((rule) => [rule.of.source, rule] as const))(
  'an import that %s may not have is reported',
  (_, rule) => {
    const [path, text] = rule.breaks
    const [error, ...others] = importErrors([{ path, text }])
    expect(others).toEqual([])
    expect(error).toStartWith(`${path} imports `)
    expect(error).toContain(`${rule.of.source} may import`)
    expect(error).toEndWith(`: ${rule.why}. ${rule.fix}`)
  },
)

test('a file in an unknown folder is reported', () => {
  expect(importErrors([{ path: 'src/helpers/misc.ts', text: '' }])[0]).toContain('no import rule knows')
})

// ----------------------------------------------------------------------------------------------------------- cycles

/** Groups of nodes that reach each other, by Tarjan's algorithm. */
function cyclesIn(edges: Map<string, Set<string>>) {
  const [index, low, stack, cycles] = [
    new Map<string, number>(),
    new Map<string, number>(),
    [] as string[],
    [] as string[][],
  ]
  const lowOf = (node: string) => low.get(node) ?? 0
  function connect(node: string) {
    index.set(node, index.size)
    low.set(node, index.get(node) ?? 0)
    stack.push(node)
    for (const next of edges.get(node) ?? []) {
      if (!index.has(next)) connect(next)
      if (stack.includes(next)) low.set(node, Math.min(lowOf(node), lowOf(next)))
    }
    if (low.get(node) !== index.get(node)) return
    const group = stack.splice(stack.indexOf(node))
    if (group.length > 1) cycles.push(group.toSorted())
  }
  for (const node of edges.keys()) if (!index.has(node)) connect(node)
  return cycles
}

/** Cycles between files, or between the folders that `unitOf` names. Imports of types count. */
function cycleErrors(sources: Source[], unitOf: (path: string) => string) {
  const edges = new Map<string, Set<string>>()
  for (const { from, target } of sources.flatMap(importsOf).filter(({ target }) => /^(src|db)\//.test(target))) {
    const [a, b] = [unitOf(from), unitOf(target)]
    if (a !== b) edges.set(a, (edges.get(a) ?? new Set()).add(b))
  }
  return cyclesIn(edges).map(
    (group) =>
      `${group.join(', ')} import each other, so that none can be read or tested alone. Move what they share to a file that both import.`,
  )
}

const fileOf = (path: string) => path.replace(/\.(tsx?|d\.ts)$/, '')
/** An entry file is a unit of its own: `src` is no folder of modules. */
const folderOf = (path: string) => (/^src\/[^/]+$/.test(path) ? fileOf(path) : ownFolder(path))

test.each([
  ['files', fileOf],
  ['folders', folderOf],
])('no import cycle exists between %s', (_, unitOf) => {
  expect(cycleErrors(code, unitOf)).toEqual([])
})

test('a cycle of types between files and a cycle between folders are reported', () => {
  const files = [
    { path: 'src/lib/one.ts', text: "import type { Two } from './two'" },
    { path: 'src/lib/two.ts', text: "export type { One } from './one'" },
  ]
  expect(cycleErrors(files, fileOf)).toEqual([expect.stringContaining('src/lib/one, src/lib/two')])
  const folders = [
    { path: 'src/model/users/one.ts', text: "import { two } from '../sessions/two'" },
    { path: 'src/model/sessions/three.ts', text: "import type { Four } from '../users/four'" },
  ]
  expect(cycleErrors(folders, fileOf)).toEqual([])
  expect(cycleErrors(folders, folderOf)).toEqual([expect.stringContaining('src/model/sessions/, src/model/users/')])
})

// ----------------------------------------------------------------------------------------------------------- powers

type Power = {
  power: string
  pattern: RegExp
  only?: RegExp
  why: string
  fix: string
  breaks: [path: string, text: string]
}

const POWERS: Power[] = [
  {
    power: 'SQL',
    pattern: /\b(selectFrom|insertInto|updateTable|deleteFrom)\(|\bsql(<[^`]*>)?`/,
    only: /^(src\/model|db)\//,
    why: 'a rule that stands in a query is found in one place',
    fix: 'Move the query to src/model and call it from routes.ts. See docs/add-a-table.md.',
    breaks: ['src/features/notes/routes.ts', "deps.db.selectFrom('notes')"],
  },
  {
    power: 'SQL that is built from text',
    pattern: /\bsql\.(raw|lit)\b/,
    why: 'text in SQL can be an injection',
    fix: 'Use the query builder, or a value in a `sql` template.',
    breaks: ['src/model/users/users.ts', 'sql.raw(name)'],
  },
  {
    power: 'every column of a table',
    pattern: /\b(selectAll|returningAll)\(/,
    why: 'another version may add a column, and PostgreSQL then refuses the statement inside a transaction',
    fix: 'List the columns that the function uses.',
    breaks: ['src/model/users/users.ts', "selectFrom('users').selectAll()"],
  },
  {
    power: 'the clock of the database',
    pattern: /CURRENT_TIMESTAMP|clock_timestamp|unixepoch|datetime\(/i,
    only: /^db\/postgres\/clock\.ts$/,
    why: 'no test can move that clock',
    fix: 'Pass deps.now() as a value, in milliseconds.',
    breaks: ['db/migrations/0002_notes.ts', 'default CURRENT_TIMESTAMP'],
  },
  {
    power: 'HTML',
    pattern: /<\/[a-z]/,
    only: /^src\/(ui\/|features\/.+\.tsx$|config\/branding\.ts$)/,
    why: 'the XSS scan and the tests of escaping look there',
    fix: 'Move the markup to views.tsx, or to a component in src/ui. See docs/add-a-page.md.',
    breaks: ['src/model/users/users.ts', "'<b>x</b>'"],
  },
  {
    power: 'a response',
    pattern: /new Response\(|Response\.\w+\(/,
    only: /^src\/(http\/response\/reply\.tsx|features\/assets\/routes\.ts)$/,
    why: 'reply.tsx alone decides on headers, and between document, partial, redirect and problem document',
    fix: 'Return reply.page, reply.redirect, reply.json, reply.text or reply.noContent. See docs/reference/handler-context.md.',
    breaks: ['src/features/notes/routes.ts', "new Response('x')"],
  },
  {
    power: 'a header that htmx obeys',
    pattern: /'hx-(redirect|re|push|location|trigger)/i,
    only: /^src\/http\/response\/reply\.tsx$/,
    why: 'reply.tsx alone tells htmx where to go',
    fix: 'Return reply.redirect or reply.page. See docs/reference/handler-context.md.',
    breaks: ['src/features/notes/routes.ts', "'HX-Redirect'"],
  },
  {
    power: 'a router',
    pattern: /new Elysia\b/,
    only: /^src\/(app\.ts|http\/auth\/guards\.ts|features\/.+\/routes\.ts)$/,
    why: 'the guard and the address of a route stand in routes.ts',
    fix: 'Move the route to routes.ts of its feature. See docs/add-a-page.md.',
    breaks: ['src/http/auth/authorize.ts', 'new Elysia()'],
  },
  {
    power: 'a context for handlers',
    pattern: /(?<!Promise|path|Bun)\.(derive|resolve|decorate|macro)\(/,
    only: /^src\/http\/auth\/guards\.ts$/,
    why: 'only a guard hands out deps, reply and the user',
    fix: 'Call a function in the handler, or use another guard. See docs/reference/guards.md.',
    breaks: ['src/features/notes/routes.ts', 'app.derive(() => ({}))'],
  },
  {
    power: 'the clock or randomness',
    pattern: /Date\.now|new Date\(\)|performance\.now|Math\.random|getRandomValues|randomUUID/,
    only: /^src\/deps\/deps\.ts$/,
    why: 'tests move the clock and fix randomness',
    fix: 'Use deps.now() and deps.random().',
    breaks: ['src/model/sessions/expiry.ts', 'Date.now()'],
  },
  {
    power: 'the environment',
    pattern: /process\.env|Bun\.env|import\.meta\.env/,
    only: /^src\/config\/env\.ts$/,
    why: 'settings are validated at the start',
    fix: 'Add the setting to src/config/env.ts and read deps.config.',
    breaks: ['src/http/auth/auth.ts', 'process.env.SECRET'],
  },
  {
    power: 'a request to another server',
    pattern:
      /(?<![\w.])fetch\(|'node:(http|https|http2|tls|dgram)'|createConnection\(|new (WebSocket|Socket)\b|Bun\.(connect|udpSocket)/,
    only: /^src\/deps\/http\.ts$/,
    why: 'deps.http has a timeout and a log line, and tests supply the answer',
    fix: 'Use deps.http.',
    breaks: ['src/model/passwords/strength.ts', "await fetch('https://example.test')"],
  },
  {
    power: 'nodemailer',
    pattern: /['"]nodemailer\b/,
    only: /^src\/lib\/smtp\.ts$/,
    why: 'smtp.ts checks addresses before a mail leaves, and loads the package only then',
    fix: 'Use deps.mailer.',
    breaks: ['src/mail-job.ts', "import { createTransport } from 'nodemailer'"],
  },
  {
    power: 'a program or code that is made of text',
    pattern: /Bun\.(spawn|\$)|child_process|\beval\(|new Function\b|'node:vm'/,
    only: /^src\/workers\.ts$/,
    why: 'text from a request could become a command',
    fix: 'Call a function of a package instead.',
    breaks: ['src/cli/commands.ts', "Bun.spawn(['ls'])"],
  },
  {
    power: 'output past the log',
    pattern: /\bconsole\.|process\.std(out|err)/,
    only: /^src\/startup\.ts$/,
    why: 'the log removes secrets and line breaks',
    fix: 'Use deps.log in the app, and return the text of a command as CommandOutput.',
    breaks: ['src/features/login/routes.ts', 'console.log(body)'],
  },
  {
    power: 'an inline script or handler',
    pattern: / (on[a-z]+|hx-on[^=]*)=["{]|['"]js:/,
    why: 'the content security policy forbids it',
    fix: 'Move it to a file in public, and select the element by class or id.',
    breaks: ['src/features/home/views.tsx', '<p onclick="x()">'],
  },
  {
    power: 'an inline style',
    pattern: / style=["{]|<style/,
    only: /^src\/ui\/mail\.tsx$/, // mail programs load no stylesheet
    why: 'the content security policy forbids it',
    fix: 'Move it to a file in public/styles, and select the element by class or id.',
    breaks: ['src/features/home/views.tsx', '<p style="color:red">'],
  },
]

function powerErrors(sources: Source[], powers: Power[] = POWERS) {
  return sources.flatMap(({ path, text }) =>
    powers.flatMap(({ power, pattern, only, why, fix }) => {
      const found = pattern.exec(text)
      if (!found || only?.test(path)) return []
      const line = text.slice(0, found.index).split('\n').length
      const place = only ? `in ${only.source}` : 'nowhere'
      return [`${path}:${line} uses ${power} (${found[0]}). Allowed ${place}: ${why}. ${fix}`]
    }),
  )
}

test('each power is used only in its place', () => {
  expect(powerErrors(code)).toEqual([])
})

test.each(POWERS.map((rule) => [rule.power, rule] as const))(
  'the use of %s in another place is reported',
  (_, rule) => {
    const [path, text] = rule.breaks
    const [error, ...others] = powerErrors([{ path, text }], [rule])
    expect(others).toEqual([])
    expect(error).toStartWith(`${path}:1 uses ${rule.power}`)
    expect(error).toEndWith(`: ${rule.why}. ${rule.fix}`)
  },
)

// ----------------------------------------------------------------------------------------------------------- orders

/** No two rows of a query have the same value of one of these. */
const UNIQUE = /^(\w+\.)?(id|\w*token_hash)$/

const chainedCall = (node: ts.CallExpression) =>
  ts.isPropertyAccessExpression(node.parent) && ts.isCallExpression(node.parent.parent) ? node.parent.parent : undefined

const nameOfCall = ({ expression }: ts.CallExpression) =>
  ts.isPropertyAccessExpression(expression) ? expression.name.text : ''

/** The last `orderBy` of each chain of calls whose column is not unique, unless its line has a comment. */
function orderErrors(sources: Source[]) {
  return sources.flatMap((source) => {
    if (!source.text.includes('.orderBy(')) return []
    const errors: string[] = []
    const file = parse(source)
    walk(file, (node) => {
      if (!ts.isCallExpression(node) || nameOfCall(node) !== 'orderBy') return
      for (let next = chainedCall(node); next; next = chainedCall(next)) if (nameOfCall(next) === 'orderBy') return
      const [column] = node.arguments
      const line = file.getLineAndCharacterOfPosition(node.getEnd()).line
      const text = source.text.split('\n')[line] ?? ''
      if ((column && ts.isStringLiteral(column) && UNIQUE.test(column.text)) || text.includes(' // ')) return
      errors.push(
        `${source.path}:${line + 1} ends its order in ${column?.getText()}. Add .orderBy('id'): PostgreSQL returns rows with equal values in any order. If no two rows are equal, say why in a comment on that line.`,
      )
    })
    return errors
  })
}

test('each order of rows ends in a unique column', () => {
  expect(orderErrors(code)).toEqual([])
})

test('an order that ends in a column with equal values is reported', () => {
  const query = (orders: string) => [
    { path: 'src/model/users/users.ts', text: `db.selectFrom('users')${orders}.execute()` },
  ]
  expect(orderErrors(query(".orderBy('name')"))).toEqual([
    expect.stringContaining("users.ts:1 ends its order in 'name'"),
  ])
  expect(orderErrors(query(".orderBy('id').limit(2).orderBy('name')"))).toHaveLength(1)
  expect(orderErrors(query(".orderBy('name').limit(2).orderBy('users.id', 'desc')"))).toEqual([])
  expect(orderErrors(query("\n.orderBy('name') // unique\n"))).toEqual([])
})

// ------------------------------------------------------------------------------------------- mails that a form asks for

/** A request of these never looks up a user by address: neither an answer nor its time can reveal an account. */
const ASKING_FOR_MAIL = [
  'src/features/forgot-password/routes.ts',
  'src/features/login/code/send/routes.ts',
  'src/features/signup/required/routes.ts',
  'src/model/accounts/request-sign-up.ts',
  'src/model/mails/mails.ts',
]

const BY_ADDRESS = /selectFrom\(\s*'users(?: as \w+)?'\s*\)[^;]*?canonical_email/

/** The files that run with these: imports of types do not run. */
function reachedFrom(paths: string[], sources: Source[]) {
  const reached = new Set<string>()
  const queue = [...paths]
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const source = sources.find((one) => one.path === path)
    if (!source || reached.has(path)) continue
    reached.add(path)
    for (const { target, isType } of importsOf(source)) if (!isType) queue.push(target)
  }
  return sources.filter(({ path }) => reached.has(path))
}

const lookupErrors = (sources: Source[], roots = ASKING_FOR_MAIL) =>
  reachedFrom(roots, sources).flatMap(({ path, text }) =>
    BY_ADDRESS.test(text)
      ? `${path} looks up a user by address, and a form that asks for a mail reaches it. Move the query to src/model/accounts/prepare-mail.ts, which the mail job calls.`
      : [],
  )

test('a form that asks for a mail reaches no lookup of a user by address', () => {
  for (const path of ASKING_FOR_MAIL.filter((path) => !path.includes('/signup/'))) expect(existsSync(path)).toBe(true)
  expect(reachedFrom(ASKING_FOR_MAIL, code).map(({ path }) => path)).toContain('src/model/limits/rate-limits.ts')
  expect(lookupErrors(code)).toEqual([])
})

test('a lookup of a user by address is reported, also through another file', () => {
  const files = [
    { path: 'src/model/mails/mails.ts', text: "import { find } from '@/model/mails/mail-limits'" },
    {
      path: 'src/model/mails/mail-limits.ts',
      text: "db\n  .selectFrom('users')\n  .select('id')\n  .where('canonical_email', '=', email)",
    },
  ]
  expect(lookupErrors(files, ['src/model/mails/mails.ts'])).toEqual([
    expect.stringContaining('src/model/mails/mail-limits.ts looks up a user by address'),
  ])
  expect(lookupErrors(code, ['src/model/accounts/prepare-mail.ts'])).not.toEqual([])
})

// ------------------------------------------------------------------------------------------------- types and classes

/** The files with a cast, and the reason. */
const CASTS: Record<string, string> = {
  'src/config/env.ts': 'a list of known keys becomes the type of the configuration',
  'src/ui/html.ts': 'markup that was escaped before is marked as safe',
  'src/model/users/columns.ts': 'a row becomes the type of the user',
  'db/postgres/driver.ts': 'Kysely knows the type of the rows of its query',
  'db/sqlite/read-connection.ts': 'bun:sqlite has a type of its own for values, which Kysely does not use',
}

const isErrorClass = (node: ts.ClassLikeDeclaration) =>
  node.heritageClauses?.some(({ types }) => types.some(({ expression }) => expression.getText().endsWith('Error'))) ??
  false

const isCast = (node: ts.Node) =>
  ts.isTypeAssertionExpression(node) || (ts.isAsExpression(node) && node.type.getText() !== 'const')

const isDefaultExport = (node: ts.Node) =>
  ts.isExportAssignment(node) ||
  (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword))

const isInferredType = (node: ts.Node) =>
  ts.isTypeAliasDeclaration(node) &&
  node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) &&
  !['Guards', 'Config'].includes(node.name.text) &&
  /ReturnType<\s*typeof create/.test(node.type.getText())

const TYPE_RULES: {
  rule: string
  isBrokenBy: (node: ts.Node, path: string) => unknown
  fix: string
  breaks: string
}[] = [
  {
    rule: 'a cast without a reason',
    isBrokenBy: (node, path) => !(path in CASTS) && isCast(node),
    fix: 'Declare the type, check the value, or use `satisfies`. Otherwise list the file in CASTS with its reason.',
    breaks: 'export const a = {} as Users',
  },
  {
    rule: '`any`',
    isBrokenBy: (node) => node.kind === ts.SyntaxKind.AnyKeyword,
    fix: 'Declare the type, or use `unknown` and check the value.',
    breaks: 'export const a: any = 1',
  },
  {
    rule: 'a default export',
    isBrokenBy: isDefaultExport,
    fix: 'Export it by its name.',
    breaks: 'export default function a() {}',
  },
  {
    rule: 'a class that is no error',
    isBrokenBy: (node) => ts.isClassLike(node) && !isErrorClass(node),
    fix: 'Write a function, or a function that returns an object of functions.',
    breaks: 'export class Manager {}',
  },
  {
    rule: 'an exported type that is inferred from `create…`',
    isBrokenBy: isInferredType,
    fix: 'Declare an interface.',
    breaks: 'export type Auth = ReturnType<typeof createAuth>',
  },
]

const typeErrors = (sources: Source[]) =>
  sources.flatMap((source) => {
    const file = parse(source)
    const errors: string[] = []
    walk(file, (node) => {
      for (const { rule, isBrokenBy, fix } of TYPE_RULES)
        if (isBrokenBy(node, source.path)) errors.push(`${source.path}:${lineOf(file, node)} has ${rule}. ${fix}`)
    })
    return errors
  })

test('no file has a cast, `any`, a default export, a class or an inferred interface without a reason', () => {
  expect(typeErrors(code)).toEqual([])
})

test.each(TYPE_RULES.map((one) => [one.rule, one] as const))('%s is reported', (rule, { fix, breaks }) => {
  expect(typeErrors([{ path: 'src/http/auth/made-up.ts', text: breaks }])).toEqual([
    `src/http/auth/made-up.ts:1 has ${rule}. ${fix}`,
  ])
})

test('what the rules allow is not reported', () => {
  const text = `
    export type Guards = ReturnType<typeof createGuards>
    export class HttpError extends Error {}
    export const list = ['a'] as const`
  expect(typeErrors([{ path: 'src/http/auth/made-up.ts', text }])).toEqual([])
  expect(typeErrors(Object.keys(CASTS).map((path) => ({ path, text: 'export const a = {} as Users' })))).toEqual([])
})

// ------------------------------------------------------------------------------------------------------------- locks

/** A comment beside the call or above it. */
const hasReason = (text: string, line: number) => {
  const lines = text.split('\n')
  return [lines[line - 1], lines[line - 2], lines[line - 3]].some((one) => /(^|[^:])\/\/ \w/.test(one ?? ''))
}

/** The compiler requires `locks`. Without a lock, PostgreSQL runs the transaction beside others that read the same rows. */
const lockErrors = (sources: Source[]) =>
  sources.flatMap(({ path, text }) =>
    [...text.matchAll(/locks: \[\]/g)].flatMap(({ index }) => {
      const line = text.slice(0, index).split('\n').length
      return hasReason(text, line) ? [] : [`${path}:${line} has no lock and no comment. Write the reason.`]
    }),
  )

test('a transaction without a lock has a comment with the reason', () => {
  expect(lockErrors(code)).toEqual([])
})

test('a transaction without a lock and a comment is reported', () => {
  const source = (comment: string) => ({
    path: 'src/model/made-up.ts',
    text: `${comment}\nexport const a = (deps: Deps) =>\n  inTransaction(deps, work, { locks: [] })`,
  })
  expect(lockErrors([source('')])).toEqual(['src/model/made-up.ts:3 has no lock and no comment. Write the reason.'])
  expect(lockErrors([source('// one statement')])).toEqual([])
})

// --------------------------------------------------------------------------------------------------- browser scripts

const SCRIPT_RULES: [rule: string, pattern: RegExp, fix: string, breaks: string][] = [
  [
    'markup that is made of text',
    /(inner|outer)HTML ?=[^=]|insertAdjacentHTML|document\.write/,
    'Set `textContent`, or let htmx load a partial from the server.',
    'main.innerHTML = text',
  ],
  ['code that is made of text', /\beval\(|Function\(/, 'Write the function in this file.', 'eval(text)'],
  [
    'storage in the browser',
    // fields.js keeps the address of a sign-up for the login form, until the login.
    /localStorage|sessionStorage\.(?!(set|get|remove)Item\(KEY)|indexedDB|caches\.|document\.cookie/,
    'Store the value on the server, or in an element of the page.',
    'localStorage.a = 1',
  ],
  [
    'a module',
    /^(import|export)\b/m,
    'Define one global and load the file before those that use it.',
    "import './app.js'",
  ],
]

/** The names that a classic script adds to those of all scripts. */
const globalsOf = (source: Source) =>
  parse(source).statements.flatMap((statement) => {
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => name.getText())
    return (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name
      ? [statement.name.text]
      : []
  })

const scriptErrors = (sources: Source[]) =>
  sources.flatMap((source) => [
    ...SCRIPT_RULES.filter(([, pattern]) => pattern.test(source.text)).map(
      ([rule, , fix]) => `${source.path} has ${rule}. ${fix}`,
    ),
    ...(globalsOf(source).length > 1
      ? [`${source.path} defines ${globalsOf(source).join(', ')}. Wrap all except one in a function or a block.`]
      : []),
  ])

test('browser scripts make no markup or code of text, store nothing, and define at most one global', () => {
  expect(scripts.length).toBeGreaterThan(3)
  expect(scriptErrors(scripts)).toEqual([])
})

test.each(SCRIPT_RULES)('a script with %s is reported', (rule, _, fix, text) => {
  expect(scriptErrors([{ path: 'public/a.js', text }])).toEqual([`public/a.js has ${rule}. ${fix}`])
})

test('a script with two globals is reported', () => {
  expect(scriptErrors([{ path: 'public/a.js', text: 'const one = {}\nfunction two() {}' }])).toEqual([
    'public/a.js defines one, two. Wrap all except one in a function or a block.',
  ])
})

// -------------------------------------------------------------------------------------------------- routes, features

type Route = { method: string; path: string; hooks: { transform?: { subType?: string } | { subType?: string }[] } }

/** Static files are the same for everybody. */
const WITHOUT_GUARD = ['/assets/:name', '/favicon.ico']

const guardErrors = (routes: Route[]) =>
  routes.flatMap(({ method, path, hooks }) => {
    const { length } = [hooks.transform ?? []].flat().filter(({ subType }) => subType === 'derive')
    return length === 1 || (length === 0 && WITHOUT_GUARD.includes(path))
      ? []
      : [
          `${method} ${path} has ${length} guards, and only a guard hands out deps, reply and the user. ` +
            'Start its group of routes with exactly one, `.use(loginRequired)` for example. See docs/reference/guards.md.',
        ]
  })

test('every route has exactly one guard, except static files', async () => {
  expect(guardErrors((await mailSite()).app.routes)).toEqual([])
})

test('a route without a guard and a route with two are reported', async () => {
  const { app } = await openSite({}, undefined, [
    () => new Elysia().get('/open', () => 'x'),
    ({ anyone, loginRequired }) =>
      new Elysia()
        .use(anyone)
        .use(loginRequired)
        .get('/twice', ({ reply }) => reply.text('x')),
  ])
  expect(guardErrors(app.routes)).toEqual([
    expect.stringContaining('GET /open has 0 guards'),
    expect.stringContaining('GET /twice has 2 guards'),
  ])
})

/** `/.well-known` is the feature `well-known`, and `/` is `home`. */
const featureOf = (path: string) => path.split('/')[1]?.replace(/^\./, '') || 'home'

function featureErrors(folders: string[], addresses: string[]) {
  const own = addresses.filter((path) => !['/favicon.ico', '/probe', '/probe/'].includes(path))
  const words = new Set(own.map(featureOf))
  return [
    ...own
      .filter((path) => !folders.includes(featureOf(path)))
      .map(
        (path) =>
          `${path} is not in a folder that is named like the first word of its address. Move it to src/features/${featureOf(path)}.`,
      ),
    ...folders
      .filter((name) => !words.has(name))
      .map(
        (name) =>
          `src/features/${name} has no address /${name}. Add it to the features in src/app.ts, or delete the folder.`,
      ),
  ]
}

test('each feature is named like the first word of its addresses', async () => {
  const folders = code.flatMap(({ path }) => path.match(/^src\/features\/([^/]+)/)?.[1] ?? [])
  const addresses = (await mailSite()).app.routes.map(({ path }) => path)
  expect(featureErrors([...new Set(folders)], [...new Set(addresses)])).toEqual([])
})

test('an address without its folder and a folder without its address are reported', () => {
  expect(featureErrors(['home', 'notes'], ['/', '/todos/:id'])).toEqual([
    expect.stringMatching(/^\/todos\/:id is not .* Move it to src\/features\/todos\.$/),
    expect.stringMatching(/^src\/features\/notes has no address \/notes\. Add it to the features in src\/app\.ts/),
  ])
})

// ------------------------------------------------------------------------------------------------------- migrations

const migrationErrors = (files: string[], names: string[]) => [
  ...files
    .filter((name) => !names.includes(name))
    .map(
      (name) => `${name} would never run. Add to db/migrations.ts: export * as '${name}' from './migrations/${name}'`,
    ),
  ...names
    .filter((name) => !files.includes(name))
    .map((name) => `db/migrations.ts names ${name}, which does not exist. Rename the export like its file.`),
]

test('db/migrations.ts lists every migration', async () => {
  const files = scan('db/migrations/*.ts').map((path) => path.replace(/^.*\/|\.ts$/g, ''))
  expect(migrationErrors(files, Object.keys(await import('@db/migrations')))).toEqual([])
})

test('a missing and an unknown migration are reported', () => {
  expect(migrationErrors(['0001_a', '0002_b'], ['0001_a'])).toEqual([expect.stringMatching(/^0002_b .* Add to db/)])
  expect(migrationErrors(['0001_a'], ['0001_a', '0002_b'])).toEqual([
    expect.stringMatching(/names 0002_b.* Rename the export/),
  ])
})
