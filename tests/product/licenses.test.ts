import { expect, test } from 'bun:test'

// Permissive licenses. MPL-2.0 also covers changes to its files; only tests use such packages, unchanged.
const FREE = ['0BSD', 'Apache-2.0', 'BSD-0-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0', '(MIT OR Apache-2.0)']
const FREE_IN_TESTS = [...FREE, 'BSD-2-Clause', 'MPL-2.0', '(MIT OR EUPL-1.1+)']

test.each([
  ['what is served', '--prod', FREE],
  ['what only builds and tests', '--dev', FREE_IN_TESTS],
])('every license of %s is on the list of permissive licenses', async (_, which, allowed) => {
  const { stdout } = Bun.spawn([process.execPath, 'pm', 'licenses', which, '--json'], { stdout: 'pipe' })
  const found: Record<string, { name: string }[]> = JSON.parse(await new Response(stdout).text())
  const others = Object.entries(found).filter(([licence]) => !allowed.includes(licence))
  expect(others.map(([licence, packages]) => [licence, packages.map(({ name }) => name)])).toEqual([])
  expect(Object.values(found).flat().length).toBeGreaterThan(5)
})
