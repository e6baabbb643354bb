import { expect, test } from 'bun:test'
import { Html, unescaped } from '@/ui/html'
import { staticHtmlByKey, staticHtmlWithSlots } from '@/ui/static-html'

const EVE = `<i>"Eve" & 'co'</i> $& $1 \x80\x81\ue000`
const greeting = staticHtmlWithSlots({ name: 'text', menu: 'markup' }, ({ name, menu }) => (
  <a title={Html.escapeHtml(name)}>
    <b safe>{`Hello ${name}!`}</b>
    {unescaped(menu)}
  </a>
))

test('a template renders the same HTML as its view for every value', () => {
  const rendered = (name: string) => (
    <a title={Html.escapeHtml(name)}>
      <b safe>{`Hello ${name}!`}</b>
      <hr />
    </a>
  )
  for (const name of ['Ann', '', EVE]) expect<JSX.Element>(greeting({ name, menu: <hr /> })).toBe(rendered(name))
})

test('a template escapes every text, and a text cannot fill another placeholder', () => {
  const html = greeting({ name: EVE, menu: '<hr/>' })
  expect(html.match(/<\w+/g)).toEqual(['<a', '<b', '<hr'])
  expect(html.split('&lt;i&gt;')).toHaveLength(3)
})

test('a template throws for asynchronous content', () => {
  expect(() => staticHtmlWithSlots({}, () => Promise.resolve('late'))).toThrow('views must be synchronous')
  expect(() => greeting({ name: 'Ann', menu: Promise.resolve('late') })).toThrow('views must be synchronous')
})

test('markup with a key is rendered once', () => {
  const once = staticHtmlByKey()
  const rendered: string[] = []
  const bold = (key: string) =>
    once(key, () => {
      rendered.push(key)
      return <b safe>{key}</b>
    })
  const twice = [bold('a'), bold('b'), bold('a'), bold('b')]
  expect(twice).toEqual(['<b>a</b>', '<b>b</b>', '<b>a</b>', '<b>b</b>'])
  expect(rendered).toEqual(['a', 'b'])
})
