import { endAfterwards, findFreePort } from '../support/process'
import { tempDatabase } from '../support/temp'

const BLOCKS = 1500 // of 512 bytes: no file of the server's may be longer

type Endings = { before: number; status: number; page: number; after: number; code: number | null }

/** People sign up until the disk is full, the site is read meanwhile, the disk gets room, and people sign up again. */
export async function fillTheDisk(): Promise<Endings> {
  const PORT = findFreePort()
  const url = `http://localhost:${PORT}`
  const env = { PATH: process.env.PATH, PORT, TRUST_PROXY: '1', DATABASE_URL: `sqlite:${tempDatabase('full-disk')}` }
  const limited = ['sh', '-c', `trap '' XFSZ; ulimit -S -f ${BLOCKS}; exec "$@"`, 'sh']
  const command = [...limited, process.execPath, '--no-env-file', 'src/server.ts']
  const server = Bun.spawn(command, { env, stdout: 'ignore', stderr: 'ignore' })
  endAfterwards(server)
  while (!(await fetch(`${url}/healthz`).catch(() => undefined))) await Bun.sleep(20)
  let people = 0
  const signUp = async () => {
    people++
    const account = { email: `person${people}@example.test`, name: 'Person', password: 'correct horse battery' }
    const headers = { 'x-forwarded-for': `10.0.${people >> 8}.${people & 255}` }
    const init = { method: 'POST', body: new URLSearchParams(account), headers, redirect: 'manual' } as const
    return (await fetch(`${url}/signup`, init)).status
  }
  let status = await signUp()
  while (status === 303) status = await signUp()
  const before = people - 1
  const page = (await fetch(`${url}/login`)).status
  await Bun.spawn(['prlimit', `--pid=${server.pid}`, '--fsize=unlimited']).exited
  const after = await signUp()
  server.kill('SIGTERM')
  return { before, status, page, after, code: await server.exited }
}
