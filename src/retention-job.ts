import type { Deps } from './deps/deps'
import { minutes } from './lib/duration'
import { takeBatch, type Place } from './model/retention/retention'

const PAUSE = 50 // milliseconds, so that a batch of one or two takes a few hundredths of the time
const REST = minutes(10)
const START: Place = { turn: 0, after: '' }

/**
 * Sweeps as long as the server runs: a batch, a pause in which everybody else has their turn, and once all is swept a rest.
 * A fault is told, and the next round begins anew.
 */
export function startSweeping(deps: Deps, until: AbortSignal) {
  let timer = setTimeout(sweep, REST, START)
  until.addEventListener('abort', () => clearTimeout(timer))

  async function sweep(place: Place) {
    const next = await takeBatch(deps, place).catch((error: unknown) =>
      deps.log.error({ err: error }, 'sweeping failed'),
    )
    if (!until.aborted) timer = setTimeout(sweep, next ? PAUSE : REST, next ?? START)
  }
}
