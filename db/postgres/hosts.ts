import type { SQL } from 'bun'
import { DatabaseUnreachableError, isConnectionLost, isUnanswered } from './errors'

/** Milliseconds that a query waits for a new primary. */
const FAILOVER_PATIENCE = 3000
/** Without another host, a query waits only until a server that is merely slow has answered. */
const SINGLE_HOST_PATIENCE = 50
const PAUSE = 200

export interface HostState {
  isPrimary: boolean
  /** Increases with each promotion. */
  timeline: string
}

export interface HostActions {
  open(url: string): SQL
  /** Rejects if the host gives no usable answer. */
  ask(url: string): Promise<HostState | 'full'>
  sleep(milliseconds: number): Promise<void>
  /** What an operator should know. */
  onNotice?(message: string): void
}

export type Primary = ReturnType<typeof connectToPrimary>

/**
 * The connections to the primary. After a statement without an answer, or a lost connection where there are several hosts,
 * it searches: each host is asked until one is the primary. Meanwhile queries fail, so that no page waits for a frozen server.
 */
export function connectToPrimary(urls: string[], { open, ask, sleep, onNotice }: HostActions) {
  const [only = ''] = urls
  const hasOthers = urls.length > 1
  const movedListeners = new Set<(url: string) => void>()
  let current = hasOthers ? undefined : { url: only, pool: open(only) }
  let search: { patience: Promise<void>; found: Promise<void> } | undefined
  let lastNotice: string | undefined
  let lastError: unknown
  const closing = new AbortController()

  async function poolAfterSearch() {
    const { patience, found } = (search ??= startSearch())
    await Promise.race([found, patience])
    if (current && !search) return current.pool
    throw new DatabaseUnreachableError('query failed: the database did not answer', { cause: lastError })
  }

  function startSearch() {
    const patience = sleep(hasOthers ? FAILOVER_PATIENCE : SINGLE_HOST_PATIENCE)
    const found = findPrimary().then(() => void (search = undefined))
    return { patience, found }
  }

  async function findPrimary() {
    while (!closing.signal.aborted) {
      const url = choosePrimary(await Promise.all(urls.map(askHost)))
      if (url !== undefined) return use(url)
      await drop()
      await sleep(PAUSE)
    }
  }

  async function askHost(url: string) {
    const state = await ask(url).catch((error: unknown) => void (lastError = error))
    // A server without a free connection answers those that are open.
    return { url, ...(state === 'full' ? { isPrimary: url === current?.url, timeline: '' } : state) }
  }

  function choosePrimary(hosts: ({ url: string } & Partial<HostState>)[]) {
    const primaries = hosts.filter(({ isPrimary }) => isPrimary)
    const latest = primaries
      .map(({ timeline = '' }) => timeline)
      .toSorted()
      .at(-1)
    const [found, ...others] = primaries.filter(({ timeline }) => timeline === latest)
    if (others.length > 0)
      notify(`database not used: ${[found, ...others].map((host) => hostOf(host?.url)).join(' and ')} are both primary`)
    else if (!found) notify('database lost: no primary answers')
    return others.length > 0 ? undefined : found?.url
  }

  function use(url: string) {
    if (closing.signal.aborted || current?.url === url) return
    const last = current
    current = { url, pool: open(url) }
    void last?.pool.close({ timeout: 0 })
    if (last || lastNotice !== undefined) notify(`database found: the primary is ${hostOf(url)}`)
    lastNotice = undefined
    for (const listener of movedListeners) listener(url)
  }

  /** Its connections may wait without end. */
  async function drop() {
    const last = current
    current = undefined
    await last?.pool.close({ timeout: 0 })
  }

  function notify(message: string) {
    if (message !== lastNotice) onNotice?.(message)
    lastNotice = message
  }

  return {
    /** Rejects if no primary is found in time. */
    pool: () => (current && !search ? current.pool : poolAfterSearch()),
    /** Call it with each error of a statement and the pool that it was sent to. */
    report(error: unknown, pool: SQL) {
      if (search || pool !== current?.pool) return
      if (isUnanswered(error) || (hasOthers && isConnectionLost(error))) search = startSearch()
    },
    /** Calls the listener with the URL of each new primary. */
    onMoved(listener: (url: string) => void) {
      movedListeners.add(listener)
      return () => void movedListeners.delete(listener)
    },
    async url() {
      if (!current || search) await poolAfterSearch()
      return current?.url ?? ''
    },
    async close() {
      closing.abort()
      await current?.pool.close({ timeout: 5 })
    },
  }
}

const hostOf = (url = '') => new URL(url).host
