import { expect, test } from 'bun:test'
import { ann } from '../support/people'
import { annWithApp } from '../support/second-factors'

const PATH = '/login/second-step'

test('the code completes the login, and a right password alone starts no session', async () => {
  const site = await annWithApp()
  const anns = site.browser()
  const login = await anns.post('/login', { ...ann, next: '/dashboard' })
  expect([login.status, login.to]).toEqual([303, '/login/second-step?next=%2Fdashboard'])
  expect([...anns.jar.keys()]).toEqual(['pending'])
  expect((await anns.get('/login')).to).toBe(PATH)
  const page = await anns.get(login.to ?? '')
  expect(page.html).toContain('a•••@example.test')
  const done = await anns.post(PATH, { code: site.app.code(), next: '/dashboard' })
  expect([done.status, done.to]).toEqual([303, '/dashboard'])
  expect([...anns.jar.keys()].toSorted()).toEqual(['device', 'flash', 'session'])
})
