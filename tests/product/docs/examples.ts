import { readFileSync, realpathSync, symlinkSync } from 'node:fs'
import type { AnyElysia } from 'elysia'
import type { AuthOptions } from '@/http/types/auth-options'
import type { Guards } from '@/http/auth/guards'
import { ann, eve, createPeople } from '../../support/people'
import { openSite } from '../../support/site'
import { tempFolder } from '../../support/temp'

const IMPORTS = [
  "import { Elysia, t } from 'elysia'",
  "import type { AuthOptions } from '@/http/types/auth-options'",
  "import type { Guards } from '@/http/auth/guards'",
]

export const authDoc = ['options', 'guards', 'handler-context', 'events']
  .map((name) => readFileSync(`docs/reference/${name}.md`, 'utf8'))
  .join('\n')

/** The key of each example, such as `guard anyone`, and its code. */
export const examples = [...authDoc.matchAll(/^```ts (\w+) ?(.*)\n([^]*?)^```$/gm)].map(
  ([, kind = '', names = '', code = '']) => ({
    kind,
    names: names.split(' '),
    code,
  }),
)

export const shown = (kind: string) => examples.filter((one) => one.kind === kind).flatMap(({ names }) => names)

/** A folder with the examples as files; their imports resolve to the modules of the tests. */
export async function writeExamples() {
  const [here, folder] = [process.cwd(), realpathSync(tempFolder('docs'))]
  symlinkSync(`${here}/node_modules`, `${folder}/node_modules`)
  symlinkSync(`${here}/tests/support`, `${folder}/support`)
  const paths = { '@/*': [`${here}/src/*`], '@db/*': [`${here}/db/*`] }
  const compilerOptions = { paths, noUnusedLocals: false, typeRoots: [`${here}/node_modules`] }
  const include = ['*.ts', `${here}/src/assets.d.ts`]
  await Bun.write(
    `${folder}/tsconfig.json`,
    JSON.stringify({ extends: `${here}/tsconfig.json`, compilerOptions, include }),
  )
  for (const { kind, names, code } of examples)
    await Bun.write(`${folder}/${fileOf(kind, names)}`, [...IMPORTS, code].join('\n'))
  return folder
}

const fileOf = (kind: string, [name = '']: string[]) => `${kind}-${name || 'example'}.ts`
const written = writeExamples()

export async function load(kind: string, name: string) {
  const example = examples.find((one) => one.kind === kind && one.names.includes(name))
  if (!example) throw new Error(`docs/reference has no example of the ${kind} ${name}`)
  const module: object = await import(`${await written}/${fileOf(kind, example.names)}`)
  return Object.values(module)[0]
}

/** A site with ann, eve and the feature of an example. */
export async function siteWith(kind: string, name: string, env?: Record<string, string>) {
  const feature: (guards: Guards) => AnyElysia = await load(kind, name)
  const site = await createPeople(await openSite(env))
  site.app.use(feature(site.guards))
  const [anns, eves] = [site.browser(), site.browser()]
  await anns.post('/login', ann)
  await eves.post('/login', eve)
  return { ...site, visitor: site.browser(), anns, eves }
}

export async function siteOf(kind: string, name: string, env?: Record<string, string>) {
  const auth: AuthOptions = await load(kind, name)
  const site = await createPeople(await openSite(env, auth))
  return { ...site, auth, visitor: site.browser(), anns: site.browser() }
}
