import { cpSync, readdirSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { tempFolder } from './temp'

const IS_LOCAL = /^(node_modules|\.git|\.env|.*\.log)$|^db\/.*\.sqlite/

/** A copy of this app without the paths that match. The packages are shared. */
export function cloneApp(without = /^$/) {
  const folder = tempFolder('clone')
  const isCopied = (path: string) => !IS_LOCAL.test(path) && !without.test(path)
  for (const name of readdirSync('.').filter(isCopied))
    cpSync(name, join(folder, name), { recursive: true, filter: (path) => isCopied(relative('.', path)) })
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** Runs Bun in a folder. */
export async function runBun(folder: string, ...args: string[]) {
  const ran = Bun.spawn([process.execPath, ...args], { cwd: folder, stdout: 'pipe', stderr: 'pipe' })
  const [out, err] = await Promise.all([new Response(ran.stdout).text(), new Response(ran.stderr).text()])
  return { code: await ran.exited, out, err }
}
