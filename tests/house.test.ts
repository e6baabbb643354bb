import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { Glob } from 'bun'
import { openSite } from './support/site'

const paths = [...new Glob('{src,db}/**/*.{ts,tsx}').scanSync('.')].filter((path) => !path.endsWith('.d.ts')).toSorted()
const files = await Promise.all(paths.map(async (path) => ({ path, text: await Bun.file(path).text() })))
const where = (isIt: (file: { path: string; text: string }) => boolean) => files.filter(isIt).map(({ path }) => path)

// Who may import whom, besides its own folder. A file without a line here has no room in the house.
const mayImport: [who: RegExp, whom: RegExp][] = [
  [/^src\/lib\//, /^$/],
  [/^src\/ui\//, /^src\/lib\//],
  [/^src\/model\//, /^(src\/lib\/|src\/(deps|events)$|db\/(schema|compile-once)$)/],
  [/^src\/web\//, /^(src\/(model\/|ui\/|lib\/|(deps|events)$)|db\/store-faults$|public\/)/],
  [/^src\/features\/.+\/(views|mails)\.tsx$/, /^src\/(ui|lib)\//],
  [/^src\/features\/.+\/routes\.ts$/, /^src\/(web|model|lib)\//],
  [/^src\/features\/api\/(operations|openapi|fields)\.ts$/, /^src\/model\//], // the API as data
  [/^src\/app\.ts$/, /^src\/(features\/|web\/|deps$)/],
  [/^src\/server\.ts$/, /^(src\/(app|auth|start|sweeper|lib\/\w+))$/],
  [/^src\/sweeper\.ts$/, /^src\/(deps|lib\/\w+|model\/sweeps)$/],
  [/^src\/user\.ts$/, /^src\/(start|commands\/\w+|lib\/\w+)$/],
  [/^src\/start\.ts$/, /^src\/(deps|config|lib\/\w+)$/],
  [/^src\/commands\//, /^src\/(model\/|lib\/|deps$)/],
  [/^src\/auth\.ts$/, /^src\/(web|model|lib)\//],
  [/^src\/outgoing-http\.ts$/, /^src\/lib\//],
  [/^src\/deps\.ts$/, /^(src\/(config|events|outgoing-http)|src\/lib\/[\w-]+|db\/(flush|open|store-faults))$/],
  [/^src\/events\.ts$/, /^(src\/deps|db\/schema)$/],
  [/^src\/config\.ts$/, /^src\/(lib\/|(branding|rate-limits)$)/],
  [/^src\/rate-limits\.ts$/, /^src\/lib\//],
  [/^src\/branding\.ts$/, /^$/],
  [/^db\//, /^$/],
]

/** Whose types anybody in the room may name: a type costs nothing and ties nothing down. */
const mayNameTypes: [who: RegExp, whom: RegExp][] = [
  [/^src\/(web|ui)\//, /^src\/((branding|config|events)$|model\/)/],
  [/^src\/features\/.+\/(views|mails)\.tsx$/, /^src\//],
  [/^src\/features\/.+\/routes\.ts$/, /^src\/(deps|events)$/],
  [/^src\/features\/api\/openapi\.ts$/, /^src\/web\//],
]

const lookUp = (rules: [RegExp, RegExp][], path: string) => rules.find(([who]) => who.test(path))?.[1]

test.each(files)('$path imports only what it may', ({ path, text }) => {
  const whom = lookUp(mayImport, path)
  expect(whom).toBeDefined()
  const ownFolder = path.match(/^(src\/features\/[^/]+\/|src\/[^/]+\/|db\/)/)?.[0] ?? 'none'
  const imported = [...text.matchAll(/(?:import|export)(?:( type)? [^'"]*from)?[ (]*'([^']+)'/g)].map(
    ([, type, name = '']) => ({
      type,
      name: name.startsWith('.')
        ? new URL(name, `file:///${path}`).pathname.slice(1)
        : name.replace(/^@\//, 'src/').replace(/^@db\//, 'db/'),
    }),
  )
  const isAllowed = ({ type, name }: { type?: string; name: string }) =>
    !/^(src|db|public|tests)\//.test(name) ||
    name.startsWith(ownFolder) ||
    whom?.test(name) ||
    (type && lookUp(mayNameTypes, path)?.test(name))
  expect(imported.filter((one) => !isAllowed(one)).map(({ name }) => name)).toEqual([])
})

test.each([
  ['SQL', /^(src\/model|db)\//, /selectFrom|insertInto|updateTable|deleteFrom|sql`/],
  ['HTML', /^src\/(ui\/|features\/.+\/views\.tsx)/, /<\/[a-z]/],
  ['HTTP', /^src\/(web\/|app\.ts|features\/.+\/routes\.ts)/, /new Elysia/],
  ['every answer', /^src\/(web\/reply\.tsx|features\/assets\/routes\.ts)/, /new Response|Response\.\w+\(/],
  ['every HX header that is sent', /^src\/web\/reply\.tsx/, /'hx-(redirect|re|push|location|trigger)/i],
  [
    'the clock and randomness',
    /^src\/deps\.ts/,
    /Date\.now|new Date\(\)|performance\.now|Math\.random|getRandomValues|randomUUID/,
  ],
  ['the environment', /^src\/config\.ts/, /process\.env|Bun\.env/],
  ['the clock of the database, which no test can move,', /^nowhere/, /CURRENT_TIMESTAMP|unixepoch|datetime\(/i],
  ['SQL that is put together from text,', /^nowhere/, /sql\.(raw|lit)\b|\braw\(/],
  ['code that is made of text,', /^nowhere/, /\beval\(|new Function\b|'node:vm'/],
  ['a program of the machine', /^nowhere/, /Bun\.(spawn|\$)|child_process/],
  [
    'a request to another server',
    /^src\/outgoing-http\.ts/,
    /(?<![\w.])fetch\(|(Bun|globalThis)\.fetch|Bun\.(connect|udpSocket)|(from|import\() ?'(node:)?(http2?|https|tls|dgram)'|(connect|createConnection|Socket)\b.*'(node:)?net'|new WebSocket/,
  ],
  ['what is said past the log', /^src\/(start|user)\.ts/, /console\.|process\.std(out|err)/],
  [
    'inline script and style, which the policy forbids,',
    /^nowhere/,
    / (on[a-z]+|style|hx-on[^=]*)=["{]|<style|['"]js:/,
  ],
])('%s has its place', (_, home, what) => {
  expect(where(({ path, text }) => what.test(text) && !home.test(path))).toEqual([])
})

test('our scripts make no markup or code of text, and keep nothing in the browser', async () => {
  const scripts = [...new Glob('public/*.js').scanSync('.')].map((path) => readFileSync(path, 'utf8'))
  expect(scripts.length).toBeGreaterThan(3)
  for (const script of scripts) {
    expect(script).not.toMatch(/(inner|outer)HTML ?=[^=]|insertAdjacentHTML|document\.write|\beval\(|Function\(/)
    expect(script).not.toMatch(/(local|session)Storage|indexedDB|caches\.|document\.cookie/)
  }
})

test('every route has exactly one guard, but for the files that anyone may read', async () => {
  const { routes } = (await openSite()).app
  const guards = ({ hooks }: (typeof routes)[number]) =>
    [hooks.transform ?? []].flat().filter((hook) => hook.subType === 'derive')
  expect(routes.filter((route) => guards(route).length !== 1).map(({ path }) => path)).toEqual([
    '/assets/:name',
    '/favicon.ico',
  ])
  expect(where(({ text }) => /(?<!Promise)\.(derive|resolve|decorate|macro)\(/.test(text))).toEqual([
    'src/web/guards.ts',
  ])
})

test('a feature is named by the first word of its addresses', async () => {
  const folders = paths.flatMap((path) => path.match(/^src\/features\/([^/]+)/)?.[1] ?? [])
  const words = (await openSite()).app.routes.map(({ path }) => path.split('/')[1]?.replace(/^\./, '') || 'home')
  expect([...new Set(words)].filter((word) => !['favicon.ico', 'probe'].includes(word)).toSorted()).toEqual(
    [...new Set(folders)].toSorted(),
  )
})

test('no casts but those with a reason, no any, no default exports, no classes but errors', () => {
  const code = (text: string) => text.replace(/\/\*[^]*?\*\/|\/\/.*|`[^`]*`|^import .*/gm, '')
  expect(where(({ text }) => / as (?!const\b)(?:[A-Z{]|any|unknown|string|number|'safe')/.test(code(text)))).toEqual([
    'src/config.ts',
    'src/model/user-columns.ts',
    'src/ui/html.ts',
  ])
  expect(where(({ text }) => /[:<,(] ?any\b|export default|class (?!\w+ extends Error)/.test(code(text)))).toEqual([])
})

test('every migration is on the list, and the list has no other', async () => {
  const { migrations } = await import('@db/migrate')
  expect([...new Glob('*.ts').scanSync('db/migrations')].toSorted()).toEqual(
    Object.keys(migrations).map((name) => `${name}.ts`),
  )
})
