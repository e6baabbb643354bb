import { afterEach, expect } from 'bun:test'
import { signupTest } from './support/features'
import { ann } from './support/people'
import { endAfterwards, stopStarted, findFreePort } from './support/process'
import { tempFolder } from './support/temp'

afterEach(stopStarted)

/** The bundle starts in an empty folder, so that it finds no file of the project. */
async function startBundle() {
  const [folder, port] = [tempFolder('bundle'), findFreePort()]
  const build = Bun.spawn([process.execPath, 'build', '--target', 'bun', 'src/server.ts', '--outdir', folder], {
    stdout: 'ignore',
    stderr: 'inherit',
  })
  expect(await build.exited).toBe(0)
  const server = Bun.spawn([process.execPath, '--no-env-file', 'server.js'], {
    cwd: folder,
    env: { PATH: process.env.PATH, LOG_FORMAT: 'json', PORT: port, DATABASE_URL: 'sqlite:bundle.sqlite' },
    stdout: Bun.file(`${folder}/log`),
    stderr: 'pipe',
  })
  endAfterwards(server)
  return { server, url: `http://localhost:${port}`, log: () => Bun.file(`${folder}/log`).text() }
}

async function untilReady(url: string, server: Bun.Subprocess) {
  while (server.exitCode === null) {
    if (await fetch(`${url}/healthz`).catch(() => undefined)) return
    await Bun.sleep(20)
  }
  throw new Error('the bundle did not start')
}

signupTest(
  'a bundled server starts, serves its assets, accepts a sign-up and a login, and logs no error',
  async () => {
    const { server, url, log } = await startBundle()
    await untilReady(url, server)
    const post = async (path: string) => {
      const init = { method: 'POST', body: new URLSearchParams(ann), redirect: 'manual' } as const
      const { status, headers } = await fetch(`${url}${path}`, init)
      return { status, cookie: headers.getSetCookie().join('; ') }
    }
    expect((await post('/signup')).status).toBe(303)
    const { status, cookie } = await post('/login')
    expect(status).toBe(303)
    const page = await fetch(`${url}/profile`, { headers: { cookie } })
    expect(page.status).toBe(200)
    const html = await page.text()
    expect(html).toContain(ann.name)
    const files = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => `${url}${path}`)
    expect(files.length).toBeGreaterThan(2)
    for (const file of files) expect((await fetch(file)).status).toBe(200)

    server.kill('SIGTERM')
    expect(await server.exited).toBe(0)
    expect(await new Response(server.stderr).text()).toBe('')
    const levels = (await log())
      .trimEnd()
      .split('\n')
      .map((line): { level: number } => JSON.parse(line))
    expect(levels.length).toBeGreaterThan(3)
    expect(levels.filter(({ level }) => level >= 50)).toEqual([])
  },
  30_000,
)
