import { expect, test } from 'bun:test'
import { findMailRecords } from '@/deps/mail-records'

/** A DNS server with these TXT records. An error stands for a failed lookup. */
const dns = (records: Record<string, string[][] | Error>) => (name: string) => {
  const answer = records[name] ?? Object.assign(new Error(`queryTxt ENOTFOUND ${name}`), { code: 'ENOTFOUND' })
  return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
}
const missing = (code: string) => Object.assign(new Error(`queryTxt ${code}`), { code })

test('the records of the domain of the sender are found', async () => {
  const records = dns({
    'app.example': [['site-verification=x'], ['v=spf1 include:', 'mail.example -all']],
    '_dmarc.app.example': [['v=DMARC1; p=reject']],
  })
  expect(await findMailRecords('no-reply@app.example', records)).toEqual({
    spf: { name: 'app.example', state: 'found' },
    dmarc: { name: '_dmarc.app.example', state: 'found' },
  })
})

test('the DMARC record of a domain above counts, and its SPF record does not', async () => {
  const records = dns({ 'app.example': [['v=spf1 -all']], '_dmarc.app.example': [['v=DMARC1;p=none']] })
  expect(await findMailRecords('no-reply@a.mail.app.example', records)).toEqual({
    spf: { name: 'a.mail.app.example', state: 'not found' },
    dmarc: { name: '_dmarc.app.example', state: 'found' },
  })
})

test.each([
  ['no such name', missing('ENOTFOUND')],
  ['no TXT record', missing('ENODATA')],
  ['an empty answer', []],
  ['other records', [['v=spf10'], ['spf1'], ['v=DMARC10; p=none'], [' v=DMARC1']]],
])('without a record it is not found: %s', async (_, answer) => {
  const records = dns({ 'app.example': answer, '_dmarc.app.example': answer })
  expect(await findMailRecords('no-reply@app.example', records)).toEqual({
    spf: { name: 'app.example', state: 'not found' },
    dmarc: { name: '_dmarc.app.example', state: 'not found' },
  })
})

test('a failed lookup does not count as a missing record', async () => {
  const records = dns({ 'app.example': missing('ETIMEOUT'), '_dmarc.app.example': missing('ESERVFAIL') })
  expect(await findMailRecords('no-reply@app.example', records)).toEqual({
    spf: { name: 'app.example', state: 'no answer from DNS' },
    dmarc: { name: '_dmarc.app.example', state: 'no answer from DNS' },
  })
})

test('no domain with a single label above the sender is asked', async () => {
  const asked: string[] = []
  const answer = (name: string) => {
    asked.push(name)
    return Promise.resolve([])
  }
  await findMailRecords('no-reply@mail.app.example', answer)
  expect(asked.toSorted()).toEqual(['_dmarc.app.example', '_dmarc.mail.app.example', 'mail.app.example'])
  asked.length = 0
  await findMailRecords('no-reply@localhost', answer)
  expect(asked.toSorted()).toEqual(['_dmarc.localhost', 'localhost'])
})
