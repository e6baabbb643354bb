import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { success, type CommandOutput } from './output'
import { parseFeatureName, type FeatureName } from './feature-name'
import routes from './templates/routes.txt' with { type: 'text' }
import test from './templates/test.txt' with { type: 'text' }
import views from './templates/views.txt' with { type: 'text' }

type Change = { path: string; before?: string; after: string }

const APP = 'src/app.ts'
const NAVIGATION = 'src/ui/navigation.ts'

/** Adds a page to the app in the folder `root`. Throws if that is not possible, and then changes nothing. */
export function createFeature(root: string, typed: string): CommandOutput {
  const name = parseFeatureName(typed)
  write(root, [...newFiles(root, name), changeApp(root, name), changeNavigation(root, name)])
  return success(
    `Created the page /${name.folder}:`,
    `  src/features/${name.folder}/routes.ts  the address and its guard`,
    `  src/features/${name.folder}/views.tsx  the HTML`,
    `  tests/features/${name.folder}.test.ts  its test`,
    `Added it to ${APP} and ${NAVIGATION}.`,
    `Open it: bun run dev, then http://localhost:3000/${name.folder}`,
    `Test it: bun test tests/features/${name.folder}.test.ts`,
  )
}

function newFiles(root: string, name: FeatureName): Change[] {
  const folder = `src/features/${name.folder}`
  if (existsSync(join(root, folder))) throw new Error(`${folder} already exists`)
  const fill = (template: string) =>
    template.replace(/\b(FOLDER|VARIABLE|PAGE|TITLE)\b/g, (word) => valueOf(name, word))
  const files = [
    { path: `${folder}/routes.ts`, after: fill(routes) },
    { path: `${folder}/views.tsx`, after: fill(views) },
    { path: `tests/features/${name.folder}.test.ts`, after: fill(test) },
  ]
  for (const { path } of files) if (existsSync(join(root, path))) throw new Error(`${path} already exists`)
  return files
}

const valueOf = ({ folder, variable, page, title }: FeatureName, word: string) =>
  ({ FOLDER: folder, VARIABLE: variable, PAGE: page })[word] ?? title

function changeApp(root: string, { folder, variable }: FeatureName): Change {
  const before = readFileSync(join(root, APP), 'utf8')
  const code = before.replace(/\/\/.*|\/\*[^]*?\*\/|'[^'\n]*'/g, '')
  if (new RegExp(String.raw`(?<!\.)\b${variable}\b`).test(code))
    throw new Error(`${APP} already uses the name ${variable}`)
  const imported = addLine(APP, before, '// Your features', `import { ${variable} } from './features/${folder}/routes'`)
  return { path: APP, before, after: addLine(APP, imported, '    // Your features', `    .use(${variable}(guards))`) }
}

function changeNavigation(root: string, { folder, title }: FeatureName): Change {
  const before = readFileSync(join(root, NAVIGATION), 'utf8')
  if (before.includes(`href: '/${folder}'`)) throw new Error(`${NAVIGATION} already has a link to /${folder}`)
  const item = `  { href: '/${folder}', text: '${title}', show: 'user', where: 'main' },`
  return { path: NAVIGATION, before, after: addLine(NAVIGATION, before, '  // Your pages', item) }
}

/** Adds a line below the first one that starts with this comment. */
function addLine(path: string, text: string, comment: string, line: string) {
  const lines = text.split('\n')
  const at = lines.findIndex((one) => one.startsWith(comment))
  if (at === -1) throw new Error(`${path} has no line "${comment}". Add it where new lines belong`)
  return lines.toSpliced(at + 1, 0, line).join('\n')
}

/** Undoes all changes if one of them fails. */
function write(root: string, changes: Change[]) {
  const started: Change[] = []
  try {
    for (const change of changes) {
      const path = join(root, change.path)
      mkdirSync(dirname(path), { recursive: true })
      started.push(change)
      writeFileSync(path, change.after)
    }
  } catch (error) {
    for (const { path, before } of started)
      if (before === undefined) rmSync(join(root, path), { force: true })
      else writeFileSync(join(root, path), before)
    const [first] = started
    if (first) rmdirSync(dirname(join(root, first.path))) // the folder of the feature
    throw error
  }
}
