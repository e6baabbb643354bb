import { Elysia } from 'elysia'

// Servers that always send the bytes of the profile page: `bun tests/bench/plain.ts KIND PORT PAGE`.
const [kind, port, page = ''] = Bun.argv.slice(2)
const listen = { hostname: 'localhost', port: Number(port), reusePort: false }
const { body, headers: pairs } = await Bun.file(page).json()
const headers = new Headers(pairs)

if (kind === 'floor') Bun.serve({ ...listen, fetch: () => new Response(body, { headers }) })
else new Elysia().get('/profile', () => new Response(body, { headers })).listen(listen)
