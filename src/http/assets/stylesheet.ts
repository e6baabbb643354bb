/** Elements and states of Pico that our pages do not have: a quarter of its bytes. To use one, remove its name. */
const UNUSED =
  /progress|\[type=(range|color|file|search|reset|time|month|week|datetime-local)|\[role=(switch|group|search|button|link)|file-selector|data-tooltip|aria-busy|aria-invalid=false|aria-disabled|rel=prev|breadcrumb|striped|:host|::-ms-|::-moz-list-bullet/

const CHARSET = '@charset "UTF-8";'
const LICENSE = /^\/\*![^]*?\*\//
const PARENTHESES = /\((?:[^()]|\([^()]*\))*\)/g
const RULE = /([^{}]+)\{([^{}]*)\}/g
const TOP_LEVEL_COMMA = /,(?![^()]*(?:\([^()]*\)[^()]*)*\))/
const VARIABLE = /(--pico-[\w-]+):(?:"[^"]*"|[^;"])*(?:;|$)/g

/** Parentheses do not count, because `:not(…)` names elements that the rule is not for. */
const isUsed = (selector: string) => !UNUSED.test(selector.replaceAll(PARENTHESES, ''))

const keepUsedSelectors = (css: string) =>
  css.replaceAll(RULE, (_, selectors: string, body: string) => {
    const used = selectors.split(TOP_LEVEL_COMMA).filter(isUsed).join(',')
    return used === '' ? '' : `${used}{${body}}`
  })

/** Removes the variables that no rule uses, also those that only such variables used. */
function keepUsedVariables(css: string, ownCss: string): string {
  const used = new Set(Array.from((css + ownCss).matchAll(/var\((--pico-[\w-]+)/g), ([, name]) => name))
  const kept = css.replaceAll(RULE, (_, selectors: string, body: string) => {
    const declarations = body.replaceAll(VARIABLE, (text, name: string) => (used.has(name) ? text : ''))
    return declarations === '' ? '' : `${selectors}{${declarations}}`
  })
  return kept === css ? kept : keepUsedVariables(kept, ownCss)
}

/**
 * Pico in a cascade layer, so that our rules win without a higher specificity. It is without what our pages do not have, and
 * without the variables that neither Pico nor our own stylesheets use.
 */
export function layerOfPico(css: string, ownCss = '') {
  const [license = ''] = LICENSE.exec(css.replace(CHARSET, '')) ?? []
  const rules = keepUsedSelectors(css.replace(CHARSET, '').slice(license.length))
  return `@layer pico{${license}${keepUsedVariables(rules, ownCss)}}`
}

/** Removes comments and white space. */
export const minifyCss = (css: string) =>
  css
    .replaceAll(/\/\*(?!!)[^]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,]) ?/g, '$1')
    .replaceAll(/(?<=[{;][\w-]+): /g, ':')
