import { tempDatabase, tempFolder } from './temp'

// Starts the program like `bun run start` and `bun run dev`: a process, a socket and a database file.
const started: Bun.Subprocess[] = []
export const endAfterwards = (process: Bun.Subprocess) => void started.push(process)

/** Call it in `afterEach` of each file: a hook in this module would apply to the first file only. */
export async function stopStarted() {
  for (const server of started.splice(0)) {
    server.kill('SIGKILL')
    await server.exited
  }
}

export function findFreePort() {
  const server = Bun.serve({ port: 0, fetch: () => new Response() })
  const { port } = server
  server.stop(true)
  return `${port}`
}

/** With `onMessage`, the server can exchange messages with this process. `flags` are those of Bun, `args` of the server. */
export function start(
  env: Record<string, string> = {},
  flags: string[] = [],
  onMessage?: (message: unknown) => void,
  args: string[] = [],
) {
  const settings = {
    PATH: process.env.PATH,
    PORT: findFreePort(),
    DATABASE_URL: `sqlite:${tempDatabase('server')}`,
    ...env,
  }
  const server = Bun.spawn([process.execPath, '--no-env-file', ...flags, 'src/server.ts', ...args], {
    env: settings,
    stdout: 'pipe',
    stderr: 'pipe',
    ipc: onMessage,
  })
  endAfterwards(server)
  return { server, settings, url: `http://localhost:${settings.PORT}` }
}

/** Flags that replace `src/auth.ts` with this code. */
export async function withAuth(code: string) {
  const preload = `${tempFolder('preload')}/preload.ts`
  const contents = JSON.stringify(code)
  await Bun.write(
    preload,
    `Bun.plugin({
      name: 'auth',
      setup: (build) => build.onLoad({ filter: /src\\/auth\\.ts$/ }, () => ({ contents: ${contents}, loader: 'ts' })),
    })`,
  )
  return ['--preload', preload]
}

/** The output of the server until it listens. */
export async function waitUntilListening({ server }: ReturnType<typeof start>) {
  let printed = ''
  for await (const chunk of server.stdout) {
    printed += new TextDecoder().decode(chunk)
    if (printed.includes('listening on http')) return printed
  }
  throw new Error(`${printed}${await new Response(server.stderr).text()}`)
}

type Line = { msg: string; worker?: number; signal?: string }

/** Collects the JSON lines of the log, as long as the server runs. `logged` resolves when a message is among them. */
export function followLog({ stdout }: { stdout: ReadableStream<Uint8Array> }) {
  const lines: Line[] = []
  const waiting: { message: string; resolve(): void }[] = []
  const isLogged = (message: string) => lines.some(({ msg }) => msg.includes(message))
  const ended = readLines(stdout, (line) => {
    lines.push(JSON.parse(line))
    for (const { message, resolve } of waiting) if (isLogged(message)) resolve()
  }).then(() => Promise.reject(new Error(`the server ended: ${JSON.stringify(lines)}`)))
  ended.catch(() => undefined)
  const logged = (message: string) =>
    isLogged(message)
      ? Promise.resolve()
      : Promise.race([new Promise<void>((resolve) => waiting.push({ message, resolve })), ended])
  return { lines, logged }
}

async function readLines(stream: ReadableStream<Uint8Array>, see: (line: string) => void) {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(see)
  }
}

export async function startError(env: Record<string, string>, flags: string[] = [], args: string[] = []) {
  const { server } = start(env, flags, undefined, args)
  return { message: (await new Response(server.stderr).text()).trimEnd(), code: await server.exited }
}
