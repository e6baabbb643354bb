import { endAfterwards, findFreePort } from '../support/process'
import { tempDatabase } from '../support/temp'

const BLOCKS = 1500 // of 512 bytes: the maximal length of a file

type Result = { before: number; status: number; page: number; after: number; code: number | null }

/** Signs up users until the disk is full, requests a page, removes the limit and signs up again. */
export async function fillDisk(): Promise<Result> {
  const PORT = findFreePort()
  const url = `http://localhost:${PORT}`
  const env = { PATH: process.env.PATH, PORT, TRUST_PROXY: '1', DATABASE_URL: `sqlite:${tempDatabase('full-disk')}` }
  const withLimit = ['sh', '-c', `trap '' XFSZ; ulimit -S -f ${BLOCKS}; exec "$@"`, 'sh']
  const command = [...withLimit, process.execPath, '--no-env-file', 'src/server.ts']
  const server = Bun.spawn(command, { env, stdout: 'ignore', stderr: 'ignore' })
  endAfterwards(server)
  while (!(await fetch(`${url}/healthz`).catch(() => undefined))) await Bun.sleep(20)
  let signUps = 0
  const signUp = async () => {
    signUps++
    const account = { email: `person${signUps}@example.test`, name: 'Person', password: 'correct horse battery' }
    const headers = { 'x-forwarded-for': `10.0.${signUps >> 8}.${signUps & 255}` }
    const init = { method: 'POST', body: new URLSearchParams(account), headers, redirect: 'manual' } as const
    return (await fetch(`${url}/signup`, init)).status
  }
  let status = await signUp()
  while (status === 303) status = await signUp()
  const before = signUps - 1
  const page = (await fetch(`${url}/login`)).status
  await Bun.spawn(['prlimit', `--pid=${server.pid}`, '--fsize=unlimited']).exited
  const after = await signUp()
  server.kill('SIGTERM')
  return { before, status, page, after, code: await server.exited }
}
