import { expect, test } from 'bun:test'
import picoCss from '@picocss/pico/css/pico.classless.min.css' with { type: 'file' }
import { layerOfPico, minifyCss } from '@/http/assets/stylesheet'
import { openSite } from '../../support/site'

const count = (text: string, part: string) => text.split(part).length - 1

const inside = (css: string) => /^@layer pico\{(.*)\}$/s.exec(layerOfPico(css))?.[1]

test('Pico is in a cascade layer, without its charset', () => {
  expect(layerOfPico('@charset "UTF-8";a{color:red}')).toBe('@layer pico{a{color:red}}')
})

test('a rule goes only if each of its selectors is for an unused element', () => {
  expect(inside('progress{a:b}progress::x,[type=range]{a:b}')).toBe('')
  expect(inside('[data-tooltip]:not(a,button)::after{a:b}')).toBe('')
  for (const kept of [
    'progress,video{a:b}',
    'input:not([type=range],[type=file]){a:b}',
    'a:is(:not([role=switch]),b){a:b}',
    '@media (x){a{b:c}}',
  ])
    expect(inside(kept)).toBe(kept)
})

test('the layer of the real file is complete: all braces, variables and rules of ordinary elements', async () => {
  const css = await Bun.file(picoCss).text()
  const layer = layerOfPico(css)
  expect(count(layer, '{')).toBe(count(layer, '}'))
  expect(layer.length).toBeLessThan(css.length * 0.85)
  for (const selector of ['button', 'dialog', 'details', 'table', 'textarea', 'select', 'fieldset', '[type=checkbox]'])
    expect(count(layer, selector)).toBeGreaterThan(0)
  for (const scheme of ['[data-theme=dark]', 'prefers-color-scheme']) expect(layer).toContain(scheme)
})

test('no component is an element whose rules were removed', async () => {
  const { html } = await (await openSite()).browser().get('/styleguide')
  expect(html).not.toMatch(/<progress|type="(range|color|file)"|role="(switch|search)"|data-tooltip|aria-busy/)
})

test('the stylesheet of the pages has the layer first and our rules outside of it', async () => {
  const browser = (await openSite()).browser()
  const [, href = ''] = /<link rel="stylesheet" href="([^"]+)"/.exec((await browser.get('/')).html) ?? []
  const { html: css } = await browser.get(href)
  const ours = css.slice(css.indexOf('--accent-tint'))
  expect(css).toMatch(/^@layer pico\{/)
  expect(count(css, '@layer')).toBe(1)
  expect([count(css, '{'), count(ours, '.avatar') > 0]).toEqual([count(css, '}'), true])
})

test('minified rules keep the spaces that have a meaning', () => {
  const css = `/* gone */ /*! kept */
    .a :is(b, c) > d:hover {
      margin: calc(1px + 2px) auto;
      grid: 'x y' / 1fr;
    }
    @media (width < 30rem) { a { --empty: ; color: red } }`
  expect(minifyCss(css).trim()).toBe(
    "/*! kept */ .a :is(b,c) > d:hover{margin:calc(1px + 2px) auto;grid:'x y' / 1fr;}@media (width < 30rem){a{--empty:;color:red}}",
  )
})
