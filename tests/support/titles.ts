import { readFileSync } from 'node:fs'
import ts from 'typescript'

export function findTitles(path: string) {
  const titles: string[] = []
  const look = (node: ts.Node) => {
    const [title] = ts.isCallExpression(node) ? node.arguments : []
    if (ts.isCallExpression(node) && title && ts.isStringLiteralLike(title) && isTest(node.expression))
      titles.push(title.text)
    ts.forEachChild(node, look)
  }
  look(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest))
  return titles
}

/** Their tests are skipped only in an app that has removed a feature, or on a machine without PostgreSQL. */
const WITH_FEATURES = ['adminTest', 'signupTest', 'tokenTest', 'postgresTest']

/** `test` and `test.each(…)` only, because skipped tests cover nothing. */
const isTest = (callee: ts.Expression): boolean =>
  ts.isIdentifier(callee)
    ? callee.text === 'test' || WITH_FEATURES.includes(callee.text)
    : ts.isCallExpression(callee) &&
      (isWithFeatures(callee) ||
        (ts.isPropertyAccessExpression(callee.expression) &&
          isTest(callee.expression.expression) &&
          callee.expression.name.text === 'each'))

const isWithFeatures = ({ expression }: ts.CallExpression) =>
  ts.isIdentifier(expression) && expression.text === 'testWith'
