import type { Config } from '@/config/env'
import { Html, type View } from '@/ui/html'
import { scopeText } from '@/ui/scope-text'
import { exampleOf } from './schema-doc'
import { problems } from '../openapi'
import { OperationCard } from './operation-card'
import { operations, type Operation } from '../operations'
import { schemas } from '../schemas'

const all = Object.entries<Operation>(operations)

type PageProps = Pick<Config, 'appUrl' | 'apiTokenInQuery' | 'branding' | 'rowCaps'>

export const ApiPage = ({ appUrl, apiTokenInQuery, branding, rowCaps }: PageProps): View => ({
  title: 'API',
  body: (
    <div class="docs">
      <h1>API</h1>
      <p class="lead">
        Access your account from programs: JSON over HTTP. Also available as <a href="/api/openapi.json">OpenAPI 3.1</a>
        .
      </p>
      <GetToken prefix={branding.tokenPrefix} maxTokens={rowCaps.perUser.activeApiTokens} />
      <Authentication appUrl={appUrl} apiTokenInQuery={apiTokenInQuery} />
      <Errors />
      <h2 id="operations">Operations</h2>
      <ul>
        {all.map(([id, operation]) => (
          <li>
            <a href={`#${id}`} safe>
              {operation.summary}
            </a>
            {': '}
            <code safe>{`${operation.method} ${operation.path}`}</code>
          </li>
        ))}
      </ul>
      {all.map(([id, operation]) => (
        <OperationCard id={id} operation={operation} />
      ))}
    </div>
  ),
})

const GetToken = ({ prefix, maxTokens }: { prefix: string; maxTokens: number }) => (
  <>
    <h2 id="token">Get a token</h2>
    <p>
      Create one under <a href="/settings/tokens">Settings, API tokens</a>. Give it a name and an expiry date. Choose
      only the scopes that your program needs:
    </p>
    <dl>
      {Object.entries(scopeText).map(([scope, meaning]) => (
        <>
          <dt>
            <code safe>{scope}</code>
          </dt>
          <dd safe>{`to ${meaning}`}</dd>
        </>
      ))}
    </dl>
    <p>
      A token starts with <code safe>{prefix}</code> and is shown once. Keep it secret like a password, keep it out of
      your code, and revoke it when you no longer need it. You can have <span safe>{String(maxTokens)}</span> tokens.
    </p>
  </>
)

const Authentication = ({ appUrl, apiTokenInQuery }: Pick<Config, 'appUrl' | 'apiTokenInQuery'>) => (
  <>
    <h2 id="send">Authentication</h2>
    <p>
      Send it in the <code>Authorization</code> header. The examples read it from the variable <code>TOKEN</code>. Read
      your profile:
    </p>
    <pre tabindex="0">
      <code safe>{`curl ${appUrl}/api/me \\\n  -H "Authorization: Bearer $TOKEN"`}</code>
    </pre>
    <p>Change your name:</p>
    <pre tabindex="0">
      <code safe>
        {`curl -X PATCH ${appUrl}/api/me \\\n  -H "Authorization: Bearer $TOKEN" \\\n  -H "Content-Type: application/json" \\\n  -d '{"name": "Ann"}'`}
      </code>
    </pre>
    <p>Revoke a token by its id:</p>
    <pre tabindex="0">
      <code safe>{`curl -X DELETE ${appUrl}/api/tokens/$ID \\\n  -H "Authorization: Bearer $TOKEN"`}</code>
    </pre>
    <p>
      The token may also be the whole value of the header, without <code>Bearer</code>. The API ignores other schemes,
      such as <code>Basic</code> of a proxy.
    </p>
    {apiTokenInQuery ? (
      <p>
        A program that cannot send headers may send the token in the URL, as <code>?token=</code>. The server ignores it
        if the request has an <code>Authorization</code> header. URLs end up in logs and histories. Prefer the header.
      </p>
    ) : null}
    <p>
      Bodies are JSON in UTF-8 or form data, at most 64 KiB. Unknown fields are ignored. Times are ISO 8601 in UTC.
      Pages of this site may use the session cookie instead of a token.
    </p>
  </>
)

const Errors = () => (
  <>
    <h2 id="errors">Errors</h2>
    <p>
      Every error is a problem document (<code>application/problem+json</code>, RFC 9457): <code>title</code> says what
      happened, <code>detail</code> what to do, and <code>errors</code> which fields are invalid.
    </p>
    <pre tabindex="0">
      <code safe>{exampleOf(schemas.Problem)}</code>
    </pre>
    <dl>
      {Object.entries(problems).map(([status, meaning]) => (
        <>
          <dt>
            <code safe>{status}</code>
          </dt>
          <dd>{meaning}</dd>
        </>
      ))}
      <dt>
        <code>500</code>
      </dt>
      <dd>
        Server error. Include the <code>id</code> if you contact us.
      </dd>
    </dl>
  </>
)
