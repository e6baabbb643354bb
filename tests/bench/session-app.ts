import { Database } from 'bun:sqlite'
import { sha256 } from '@/lib/encoding'
import { days, seconds } from '@/lib/duration'
import { openLog } from '@/lib/log'

// A hand-written session app: `bun tests/bench/session-app.ts PORT PAGE DATABASE`. It does only what every page with a session
// needs: one read by token hash, both expiry checks, a throttled extension and a log line. It sends the bytes of the
// profile page.
const [port, page = '', path] = Bun.argv.slice(2)
const { body, headers: pairs } = await Bun.file(page).json()
const headers = new Headers(pairs)
const log = await openLog('json')

const db = new Database(path, { strict: true })
for (const pragma of ['journal_mode = WAL', 'synchronous = NORMAL', 'busy_timeout = 1000']) db.run(`PRAGMA ${pragma}`)

type Row = {
  id: string
  last_seen_at: number
  authenticated_at: number
  ended_at: number | null
  deactivated_at: number | null
}

const find = db.query<Row, [string]>(
  `SELECT sessions.*, users.email, users.name, users.role, users.deactivated_at
   FROM sessions INNER JOIN users ON users.id = sessions.user_id WHERE token_hash = cast(? as text)`,
)
const extend = db.query(`UPDATE sessions SET last_seen_at = ? WHERE id = ? AND ended_at IS NULL`)

Bun.serve({
  hostname: 'localhost',
  port: Number(port),
  fetch(request) {
    const startedAt = Date.now()
    const { pathname } = new URL(request.url)
    const response = pathname === '/profile' ? profile(request, startedAt) : new Response('Not found', { status: 404 })
    const ms = Date.now() - startedAt
    log.info({ method: request.method, path: pathname, status: response.status, ms }, 'request')
    return response
  },
})

function profile({ headers: sent }: Request, now: number) {
  const token = /(?:^|; )session=([^;]*)/.exec(sent.get('cookie') ?? '')?.[1]
  const session = token && find.get(sha256(token))
  if (!session || session.ended_at !== null || session.deactivated_at !== null) return toLogin()
  if (now >= session.last_seen_at + days(30) || now >= session.authenticated_at + days(60)) return toLogin()
  if (now - session.last_seen_at >= seconds(5)) extend.run(now, session.id)
  return new Response(body, { headers })
}

const toLogin = () => new Response(null, { status: 303, headers: { location: '/login' } })
