import type { TSchema } from 'elysia'
import type { Scope } from '@/model/users/roles'
import { schemas } from './schemas'

const { Me, NewProfile, Sessions, Status, Tokens } = schemas

// The JSON API as data. Routes, the OpenAPI document and the documentation page all use it, so that they cannot differ.

export type Operation = {
  method: 'GET' | 'PATCH' | 'DELETE'
  /** Parameters are in braces. */
  path: string
  summary: string
  /** Required from a token. Without a scope the operation is public. */
  scope?: Scope
  /** Description of the `{id}` in the path. */
  id?: string
  body?: TSchema
  /** Body of the 200 response. Without it the response is an empty 204. */
  answer?: TSchema
}

export const operations = {
  readStatus: { method: 'GET', path: '/api/status', summary: 'Service status', answer: Status },
  readMe: { method: 'GET', path: '/api/me', summary: 'Your profile', scope: 'profile:read', answer: Me },
  rename: {
    method: 'PATCH',
    path: '/api/me',
    summary: 'Change your name',
    scope: 'profile:write',
    body: NewProfile,
    answer: Me,
  },
  listSessions: {
    method: 'GET',
    path: '/api/sessions',
    summary: 'Your active sessions',
    scope: 'profile:read',
    answer: Sessions,
  },
  endSession: {
    method: 'DELETE',
    path: '/api/sessions/{id}',
    summary: 'End a session',
    scope: 'profile:write',
    id: 'The id of one of your active sessions.',
  },
  listTokens: {
    method: 'GET',
    path: '/api/tokens',
    summary: 'Your API tokens',
    scope: 'profile:read',
    answer: Tokens,
  },
  revokeToken: {
    method: 'DELETE',
    path: '/api/tokens/{id}',
    summary: 'Revoke an API token',
    scope: 'profile:write',
    id: 'The id of one of your tokens, including the one used for this request.',
  },
} as const satisfies Record<string, Operation>
