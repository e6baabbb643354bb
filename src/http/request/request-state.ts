import { isApiPath, isSessionPath, splitUrl } from './path'
import type { RequestState } from '@/http/types/request-state'

const states = new WeakMap<Request, RequestState>()

export function stateOf(request: Request): RequestState {
  const known = states.get(request)
  if (known) return known
  const { path, query } = splitUrl(request)
  const api = isApiPath(path)
  const state = { path, query, isApi: api, isJson: api || isSessionPath(path) }
  states.set(request, state)
  return state
}
