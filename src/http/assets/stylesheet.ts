/**
 * Elements that our pages do not have, or have with another look (search fields, groups): a fifth of the bytes of Pico. To use
 * the look of Pico, remove the name.
 */
const UNUSED =
  /progress|\[type=(range|color|file|search)|\[role=(switch|group|search)|file-selector|data-tooltip|aria-busy/

const PARENTHESES = /\((?:[^()]|\([^()]*\))*\)/g

/**
 * Pico in a cascade layer, so that our rules win without a higher specificity. A rule goes if each of its selectors is for an
 * unused element; parentheses do not count, because `:not(…)` names elements that the rule is not for.
 */
export const layerOfPico = (css: string) =>
  `@layer pico{${css.replace('@charset "UTF-8";', '').replaceAll(/([^{}]+)\{[^{}]*\}/g, (rule, selectors: string) =>
    selectors
      .replaceAll(PARENTHESES, '')
      .split(',')
      .every((selector) => UNUSED.test(selector))
      ? ''
      : rule,
  )}}`

/** Removes comments and white space. */
export const minifyCss = (css: string) =>
  css
    .replaceAll(/\/\*(?!!)[^]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,]) ?/g, '$1')
    .replaceAll(/(?<=[{;][\w-]+): /g, ':')
