import { expect, test } from 'bun:test'
import picoCss from '@picocss/pico/css/pico.classless.min.css' with { type: 'file' }
import { layerOfPico, minifyCss } from '@/http/assets/stylesheet'
import { openSite } from '../../support/site'

const count = (text: string, part: string) => text.split(part).length - 1

const inside = (css: string) => /^@layer pico\{(.*)\}$/s.exec(layerOfPico(css))?.[1]

test('Pico is in a cascade layer, without its charset', () => {
  expect(layerOfPico('@charset "UTF-8";a{color:red}')).toBe('@layer pico{a{color:red}}')
})

test('a selector goes if it is for an unused element, and a rule goes with its last selector', () => {
  expect(inside('progress{a:b}progress::x,[type=range]{a:b}')).toBe('')
  expect(inside('[data-tooltip]:not(a,button)::after{a:b}')).toBe('')
  expect(inside('progress,video,a:is(b,:not(c)),[role=button]:is(d,e){a:b}')).toBe('video,a:is(b,:not(c)){a:b}')
  for (const kept of [
    'input:not([type=range],[type=file]){a:b}',
    'a:is(:not([role=switch]),b){a:b}',
    '@media (x){a{b:c}}',
  ])
    expect(inside(kept)).toBe(kept)
})

test('a variable goes if neither Pico nor our stylesheets use it', () => {
  const css = `a{--pico-a:"x;y";--pico-b:var(--pico-c);--pico-c:1;--pico-d:2;color:var(--pico-a)}b{--pico-b:3}`
  expect(inside(css)).toBe('a{--pico-a:"x;y";color:var(--pico-a)}')
  expect(layerOfPico(css, 'p{margin:var(--pico-d)}')).toContain('{--pico-a:"x;y";--pico-d:2;color')
})

test('the license stays', () => {
  expect(inside('@charset "UTF-8";/*! MIT */:host,:root{a:b}')).toBe('/*! MIT */:root{a:b}')
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
  expect(html).not.toMatch(
    /<progress|type="(range|color|file|reset|time|month|week)"|role="(switch|search|button|link)"|data-tooltip|aria-busy/,
  )
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
