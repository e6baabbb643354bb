import { expect, test } from 'bun:test'
import { Html, unescaped } from '@/ui/html'
import { staticHtmlWithSlots } from '@/ui/static-html'

const EVE = `<i>"Eve" & 'co'</i> $& $1 \x80\x81\ue000`
const greeting = staticHtmlWithSlots({ name: 'text', menu: 'markup' }, ({ name, menu }) => (
  <a title={Html.escapeHtml(name)}>
    <b safe>{`Hello ${name}!`}</b>
    {unescaped(menu)}
  </a>
))

test('a template prints what its view would print, whatever is put in', () => {
  const drawn = (name: string) => (
    <a title={Html.escapeHtml(name)}>
      <b safe>{`Hello ${name}!`}</b>
      <hr />
    </a>
  )
  for (const name of ['Ann', '', EVE]) expect<JSX.Element>(greeting({ name, menu: <hr /> })).toBe(drawn(name))
})

test('a text is escaped wherever it stands, and what stands in it fills no other hole', () => {
  const html = greeting({ name: EVE, menu: '<hr/>' })
  expect(html.match(/<\w+/g)).toEqual(['<a', '<b', '<hr'])
  expect(html.split('&lt;i&gt;')).toHaveLength(3)
})

test('nothing that has to be waited for is drawn', () => {
  expect(() => staticHtmlWithSlots({}, () => Promise.resolve('late'))).toThrow('a view waits for nothing')
  expect(() => greeting({ name: 'Ann', menu: Promise.resolve('late') })).toThrow('a view waits for nothing')
})
