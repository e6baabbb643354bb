import type { Operation } from '../operations'
import { exampleOf } from './schema-doc'

/** A command for a shell with the variables `TOKEN` and `ID`. */
export function curlOf(appUrl: string, { method, path, scope, body }: Operation) {
  const parts = [`curl ${method === 'GET' ? '' : `-X ${method} `}${appUrl}${path.replace('{id}', '$ID')}`]
  if (scope) parts.push('-H "Authorization: Bearer $TOKEN"')
  if (body) parts.push('-H "Content-Type: application/json"', `-d '${exampleOf(body).replace(/\n\s*/g, '')}'`)
  return parts.join(' \\\n  ')
}
