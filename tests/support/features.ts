import { existsSync } from 'node:fs'
import { test } from 'bun:test'

type Removable = 'admin' | 'settings/tokens' | 'signup'

/** The paths that the app has a page for. */
export const mounted = ({ app }: { app: { routes: { path: string }[] } }, paths: string[]) =>
  paths.filter((path) => app.routes.some((route) => route.path.replace(/(.)\/$/, '$1') === path))

/** For a test that uses features as tools. It runs only if the app has them, because an adopter may have removed some. */
export const testWith = (...features: Removable[]) =>
  test.if(features.every((one) => existsSync(`src/features/${one}`)))

export const adminTest = testWith('admin')
export const signupTest = testWith('signup')
export const tokenTest = testWith('settings/tokens')
