import { Elysia } from 'elysia'
import { Glob } from 'bun'
import type { Feature } from '@/app'
import type { AuthOptions } from '@/http/types/auth-options'

const features = [...new Glob('*').scanSync({ cwd: 'src/features', onlyFiles: false })]

/** Adds a page for each configured login path without a route, because the app refuses to start without it. */
export function loginPages({ loginPath, reloginPath, pathGroups = {} }: AuthOptions = {}): Feature {
  const paths = [{ loginPath, reloginPath }, ...Object.values(pathGroups)]
    .flatMap((place) => [place.loginPath, place.reloginPath])
    .flatMap((path) => path?.split('?')[0] ?? [])
    .filter((path) => !features.includes(path.split('/')[1] ?? ''))
  return (guards) => {
    const pages = new Elysia().use(guards.anyone)
    for (const path of new Set(paths)) pages.get(path, ({ reply }) => reply.text('login'))
    return pages
  }
}
