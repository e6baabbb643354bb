import { splitHosts } from '@db/host-list'
import { isLoopbackHost } from '@/lib/ip-address'
import type { Parsed } from './parse'

const POSTGRES = /^postgres(?:ql)?:\/\//i

/** A path that follows `sqlite:`, or a server of PostgreSQL. Several hosts are separated by commas. */
export function parseDatabaseUrl(text: string, production: boolean): Parsed<string> {
  if (POSTGRES.test(text)) return parsePostgresUrl(text, production)
  const [, scheme = '', rest = ''] = /^([a-z][a-z\d+.-]*:)?(.*)$/is.exec(text) ?? []
  const path = rest.trim().replace(/^\/{3,}/, '/')
  const error = errorInScheme(scheme.toLowerCase()) ?? errorInPath(path)
  if (!error) return { value: `sqlite:${path}` }
  return { wanted: `sqlite: and a path, like sqlite:db/app.sqlite (${error})` }
}

/** Nothing means the URL of the database. If that one is wrong, this one is not judged. */
export function parseListenUrl(text: string, databaseUrl: string | undefined, production: boolean): Parsed<string> {
  if (text === '' || databaseUrl === undefined) return { value: databaseUrl ?? '' }
  if (POSTGRES.test(databaseUrl) && POSTGRES.test(text)) return parsePostgresUrl(text, production)
  return { wanted: 'a URL of PostgreSQL, like DATABASE_URL, or nothing' }
}

/** SQLite would take other forms as the name of a new file. */
function errorInScheme(scheme: string) {
  if (scheme === '' || scheme === 'file:') return 'with sqlite: in front'
  return scheme === 'sqlite:' ? undefined : 'only SQLite and PostgreSQL are supported'
}

function errorInPath(path: string) {
  if (path === '') return 'the path is missing'
  if (path === ':memory:') return undefined
  if (path.startsWith(':')) return 'a database in memory is sqlite::memory:'
  if (/[?#]/.test(path)) return 'without options: ? and # are not supported'
  if (/^file:/i.test(path)) return 'without file:'
  if (/^\/\/[^/]/.test(path)) return 'an absolute path has one slash, like sqlite:/var/lib/app.sqlite'
  if (path.startsWith('~')) return 'write the home folder out: ~ is not expanded'
  if (path.endsWith('/')) return 'a file, not a folder'
  if (/\p{Cc}/u.test(path)) return 'without control characters'
}

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']

function parsePostgresUrl(text: string, production: boolean): Parsed<string> {
  const urls = splitHosts(text).map((url) => URL.parse(url))
  const [first] = urls
  const error = urls.some((url) => !url?.hostname) ? 'each host needs a valid name and port' : errorIn(first)
  if (error || !first) return { wanted: `like postgres://user:password@host:5432/name (${error})` }
  const isLocal = urls.every((url) => isLoopbackHost(url?.hostname ?? ''))
  if (production && !isLocal && first.searchParams.get('sslmode') !== 'verify-full')
    return {
      // Measured: `sslmode=require` accepts any certificate, and without `sslmode` there is no TLS at all.
      wanted: 'a URL with ?sslmode=verify-full, because other modes accept the certificate of any server',
    }
  return { value: text.replace(POSTGRES, 'postgres://') }
}

function errorIn(url: URL | null | undefined) {
  if (!url) return 'each host needs a valid name and port'
  if (url.pathname.length < 2 || url.pathname.indexOf('/', 1) !== -1)
    return 'with the name of the database after the host'
  const mode = url.searchParams.get('sslmode')
  if (mode !== null && !SSL_MODES.includes(mode)) return 'sslmode is disable or verify-full'
  if (url.hash) return 'without #: write it as %23'
}
