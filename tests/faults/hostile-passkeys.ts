import { Browser, type Answer } from '../support/browser'
import { createAuthenticator, passkeyOptions, type Changes, type CreationOptions } from '../support/authenticator'
import { start, waitUntilListening } from '../support/process'
import { randomIp } from './load'

const KB = 1024
const repeated = (bytes: number[], size: number) => Buffer.alloc(size, Buffer.from(bytes))

/** Bytes that ask a parser of CBOR for much work or memory. */
const BOMBS: [name: string, bytes: Buffer][] = [
  ['40 KB of nested arrays', repeated([0x81], 40_000)],
  ['nested arrays', repeated([0x81], 4 * KB)],
  ['nested maps', repeated([0xa1], 4 * KB)],
  ['nested maps with keys', repeated([0xa1, 0x00], 4 * KB)],
  ['nested tags', repeated([0xc1], 4 * KB)],
  ['nested arrays without an end', repeated([0x9f], 4 * KB)],
  ['text without an end', repeated([0x7f], 4 * KB)],
  ['an array of four billion', Buffer.from([0x9a, 0xff, 0xff, 0xff, 0xff])],
  ['a map of four billion', Buffer.from([0xba, 0xff, 0xff, 0xff, 0xff])],
  ['a text of four billion bytes', Buffer.from([0x7a, 0xff, 0xff, 0xff, 0xff])],
  ['bytes of 2^64', Buffer.from([0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
  ['arrays of four billion, nested', repeated([0x9a, 0xff, 0xff, 0xff, 0xff], 4 * KB)],
]

const REPEATS = 5 // the fastest counts: the first ones are compiled

/** `ms`: processor time of the server, because other programs may use the machine. */
type Measured = { name: string; status: number; ms: number }

/** Sends hostile passkeys to a sign-up and to a login, and an old answer again. */
export async function sendHostilePasskeys() {
  let onUsage: (cpu: number) => void = () => undefined
  const one = start({ TRUST_PROXY: '1' }, ['--preload', './tests/bench/usage.ts'], (usage) =>
    onUsage((usage as { cpu: number }).cpu),
  )
  await waitUntilListening(one)
  /** Microseconds. */
  const readCpu = () =>
    new Promise<number>((resolve) => {
      onUsage = resolve
      one.server.send('usage')
    })
  /** Each has its own source, because attempts have limits. */
  const open = () => {
    const ip = randomIp()
    return new Browser((request) => {
      request.headers.set('x-forwarded-for', ip)
      return fetch(request, { redirect: 'manual' })
    }, one.url)
  }
  const authenticator = () => createAuthenticator({ origin: one.url })

  async function signUp(changes: Changes, email = 'eve@example.test') {
    const browser = open()
    const options: CreationOptions = passkeyOptions((await browser.get('/signup')).html)
    const key = authenticator()
    const fields = { email, name: 'Ann', user_handle: options.user.id, attestation: key.create(options, changes) }
    return { key, post: () => browser.post('/signup', fields) }
  }

  async function logIn(key: Pick<ReturnType<typeof authenticator>, 'get'>, changes: Changes) {
    const browser = open()
    const assertion = key.get(JSON.parse((await browser.get('/login/passkey')).html), changes)
    return () => browser.post('/login/passkey', { assertion })
  }

  async function fastest(name: string, prepare: () => Promise<() => Promise<Answer>>): Promise<Measured> {
    const all: Measured[] = []
    for (let i = 0; i < REPEATS; i++) {
      const send = await prepare()
      const before = await readCpu()
      const { status } = await send()
      all.push({ name, status, ms: ((await readCpu()) - before) / 1000 })
    }
    return (
      all.find(({ status }) => status !== 422) ?? all.toSorted((a, b) => a.ms - b.ms)[0] ?? { name, status: 0, ms: 0 }
    )
  }

  const anns = await signUp({}, 'ann@example.test')
  if ((await anns.post()).status !== 303) throw new Error('the sign-up with a passkey failed')
  const replayed = await logIn(anns.key, {})
  if ((await replayed()).status !== 303) throw new Error('the login with a passkey failed')

  const measured: Measured[] = [await fastest('an old answer', async () => replayed)]
  for (const [name, bytes] of BOMBS) {
    const encoded = bytes.toString('base64url')
    const attestation = { response: { attestationObject: encoded } }
    measured.push(await fastest(`${name}, sign-up`, async () => (await signUp(attestation)).post))
    const assertion = { response: { authenticatorData: encoded } }
    measured.push(await fastest(`${name}, login`, () => logIn(anns.key, assertion)))
    const extensions = { trailing: bytes.subarray(0, KB - 37), flags: { up: true, uv: true } }
    measured.push(await fastest(`${name}, behind the data of a login`, () => logIn(anns.key, extensions)))
    measured.push(await fastest(`${name}, behind the data of a sign-up`, async () => (await signUp({ trailing: bytes.subarray(0, 3 * KB) })).post)) // prettier-ignore
  }
  one.server.kill('SIGTERM')
  const slowest = measured.reduce((a, b) => (b.ms > a.ms ? b : a))
  return { measured, slowest, code: await one.server.exited }
}
