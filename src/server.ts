import { createApp } from './app'
import { readConfig, withoutSecrets, type Config } from './config'
import { openDeps } from './deps'
import { seconds } from './lib/durations'

const DRAIN = seconds(10)

const deps = await openOrStop(readOrStop())
const app = createApp(deps)
listenOrStop()

const { appUrl, host, port } = deps.config
const here = `http://${host}:${port}`
deps.log.info({}, `Latchkey is at ${appUrl}${appUrl === here ? '' : `, listening on ${here}`}`)

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, async () => {
    setTimeout(() => process.exit(1), DRAIN).unref() // a request that never ends must not keep the old version running
    await app.stop() // what is in flight is still answered
    await deps.db.destroy()
    process.exit(0)
  })

function readOrStop() {
  try {
    return readConfig()
  } catch (error) {
    return stop(messageOf(error))
  }
}

async function openOrStop(config: Config) {
  try {
    return await openDeps(config)
  } catch (error) {
    const named = `DATABASE_URL is "${withoutSecrets(config.databaseUrl)}"`
    return stop(`${named}, and that database cannot be opened and written: ${messageOf(error)}.`)
  }
}

function listenOrStop() {
  const { host, port } = deps.config
  try {
    // Elysia shares its port by default: then a forgotten server would answer half of the requests. The limit is only
    // Bun's own last word; web/body.ts says it earlier, with a page and with our headers.
    app.listen({ hostname: host, port, reusePort: false, maxRequestBodySize: Number.MAX_SAFE_INTEGER })
  } catch (error) {
    stop(`PORT is "${port}" and HOST is "${host}", and the server cannot listen there: ${messageOf(error)}`)
  }
}

function stop(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

function messageOf(error: unknown) {
  return error instanceof Error ? error.message : String(error)
}
