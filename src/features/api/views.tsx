import type { Config } from '@/config'
import { Html, type View } from '@/ui/html'
import { scopeMeanings } from '@/ui/scope-meanings'
import { exampleOf } from './fields'
import { problems } from './openapi'
import { OperationCard } from './operation/views'
import { operations, schemas, type Operation } from './operations'

const all = Object.entries<Operation>(operations)

type PageProps = Pick<Config, 'appUrl' | 'apiTokenInQuery' | 'branding'>

export const ApiPage = ({ appUrl, apiTokenInQuery, branding }: PageProps): View => ({
  title: 'API',
  body: (
    <div class="docs">
      <h1>API</h1>
      <p class="lead">
        Your own account, for programs: JSON over HTTP. Tools read the same as{' '}
        <a href="/api/openapi.json">OpenAPI 3.1</a>.
      </p>
      <GetToken prefix={branding.tokenPrefix} />
      <SendIt appUrl={appUrl} apiTokenInQuery={apiTokenInQuery} />
      <WhenItFails />
      <h2 id="operations">What there is</h2>
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

const GetToken = ({ prefix }: { prefix: string }) => (
  <>
    <h2 id="token">Get a token</h2>
    <p>
      Create one under <a href="/settings/tokens">Settings, API tokens</a>. Give it a name, choose when it expires, and
      only the scopes that your program needs:
    </p>
    <dl>
      {Object.entries(scopeMeanings).map(([scope, meaning]) => (
        <>
          <dt>
            <code safe>{scope}</code>
          </dt>
          <dd safe>{`to ${meaning}`}</dd>
        </>
      ))}
    </dl>
    <p>
      A token begins with <code safe>{prefix}</code> and is shown once, so copy it at once. Whoever has it can use it:
      keep it as you keep a password, out of your code, and revoke it when it is no longer needed. You can have twenty.
    </p>
  </>
)

const SendIt = ({ appUrl, apiTokenInQuery }: Pick<Config, 'appUrl' | 'apiTokenInQuery'>) => (
  <>
    <h2 id="send">Send it</h2>
    <p>
      Each request carries it in the header <code>Authorization</code>. With your token in the variable{' '}
      <code>TOKEN</code>, this reads your profile:
    </p>
    <pre tabindex="0">
      <code safe>{`curl ${appUrl}/api/me \\\n  -H "Authorization: Bearer $TOKEN"`}</code>
    </pre>
    <p>And this changes your name:</p>
    <pre tabindex="0">
      <code safe>
        {`curl -X PATCH ${appUrl}/api/me \\\n  -H "Authorization: Bearer $TOKEN" \\\n  -H "Content-Type: application/json" \\\n  -d '{"name": "Ann"}'`}
      </code>
    </pre>
    <p>And this revokes a token, by the id that the list of your tokens gives:</p>
    <pre tabindex="0">
      <code safe>{`curl -X DELETE ${appUrl}/api/tokens/$ID \\\n  -H "Authorization: Bearer $TOKEN"`}</code>
    </pre>
    <p>
      <code>Bearer</code> is written just like that, with one space; the token may also be the whole value of the
      header.
    </p>
    {apiTokenInQuery ? (
      <p>
        A program that can send no header may put the token into the address, as <code>?token=</code>; it counts only
        where there is no <code>Authorization</code> header. Addresses end up in logs and histories, so better not.
      </p>
    ) : null}
    <p>
      Bodies are JSON in UTF-8, or an ordinary form, of at most 64 KiB. Fields that we do not know are ignored. Times
      are ISO 8601, in UTC. A page of this site may also ask with the session of who is logged in, instead of a token.
    </p>
  </>
)

const WhenItFails = () => (
  <>
    <h2 id="errors">When it fails</h2>
    <p>
      Every error is a problem (<code>application/problem+json</code>, RFC 9457): <code>title</code> says what happened,{' '}
      <code>detail</code> what to do, and <code>errors</code> which field it is about.
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
        Something broke on our side. Quote the <code>id</code> if you write to us.
      </dd>
    </dl>
  </>
)
