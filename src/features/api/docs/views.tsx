import type { Config } from '@/config/env'
import { Card, Fact, Facts } from '@/ui/card'
import { CodeBlock } from '@/ui/code-block'
import { Html, type View } from '@/ui/html'
import { isListed } from '@/ui/menu'
import { PageHead, Section, Sections } from '@/ui/page-head'
import { scopeText } from '@/ui/scope-text'
import { SideMenu } from '@/ui/side-menu'
import { problems } from '../openapi'
import { operations, type Operation } from '../operations'
import { schemas } from '../schemas'
import { curlOf } from './curl'
import { Method, OperationCard } from './operation-card'
import { exampleOf } from './schema-doc'

const all = Object.entries<Operation>(operations)

const guide = { token: 'Get a token', authentication: 'Authentication', errors: 'Errors' }

type PageProps = Pick<Config, 'appUrl' | 'apiTokenInQuery' | 'branding' | 'rowCaps'>

export const ApiPage = ({ appUrl, apiTokenInQuery, branding, rowCaps }: PageProps): View => ({
  title: 'API reference',
  body: (
    <div class="shell">
      <Contents />
      <div class="docs">
        <PageHead
          title="API reference"
          lead={
            <>
              Access your account from programs: JSON over HTTP. Also available as{' '}
              <a href="/api/openapi.json">OpenAPI 3.1</a>.
            </>
          }
        />
        <Sections>
          <GetToken prefix={branding.tokenPrefix} maxTokens={rowCaps.perUser.activeApiTokens} />
          <Authentication appUrl={appUrl} apiTokenInQuery={apiTokenInQuery} />
          <Errors />
          <Section id="operations" title="Operations">
            <div class="stack">
              {all.map(([id, operation]) => (
                <OperationCard id={id} operation={operation} appUrl={appUrl} />
              ))}
            </div>
          </Section>
        </Sections>
      </div>
    </div>
  ),
})

const Contents = () => (
  <SideMenu
    label="Contents"
    summary="Contents"
    groups={[
      {
        title: 'Guide',
        links: Object.entries(guide).map(([id, text]) => (
          <li>
            <a href={`#${id}`} safe>
              {text}
            </a>
          </li>
        )),
      },
      {
        title: 'Operations',
        links: all.map(([id, { method, path }]) => (
          <li>
            <a href={`#${id}`}>
              <Method method={method} /> {Html.escapeHtml(path.replace('/api', ''))}
            </a>
          </li>
        )),
      },
    ]}
  />
)

const GetToken = ({ prefix, maxTokens }: { prefix: string; maxTokens: number }) => (
  <Section id="token" title={guide.token}>
    <div class="stack">
      <p>
        {isListed('/settings/tokens') ? (
          <>
            Create one under <a href="/settings/tokens">API tokens</a>. Give it a name and an expiry date.{' '}
          </>
        ) : (
          ''
        )}
        Choose only the scopes that your program needs:
      </p>
      <Card>
        <Facts>
          {Object.entries(scopeText).map(([scope, meaning]) => (
            <Fact label={scope}>{Html.escapeHtml(meaning)}</Fact>
          ))}
        </Facts>
      </Card>
      <p>
        A token starts with <code safe>{prefix}</code> and is shown once. Keep it secret like a password, keep it out of
        your code, and revoke it when you no longer need it. You can have <span safe>{String(maxTokens)}</span> tokens.
      </p>
    </div>
  </Section>
)

const Authentication = ({ appUrl, apiTokenInQuery }: Pick<Config, 'appUrl' | 'apiTokenInQuery'>) => (
  <Section id="authentication" title={guide.authentication}>
    <div class="stack">
      <p>
        Send the token in the <code>Authorization</code> header. The examples read it from the variable{' '}
        <code>TOKEN</code>, and an id from the variable <code>ID</code>.
      </p>
      <CodeBlock title="First request" subject="your profile" code={curlOf(appUrl, operations.readMe)} />
      <p>
        The token may also be the whole value of the header, without <code>Bearer</code>. The API ignores other schemes,
        such as <code>Basic</code> of a proxy.
      </p>
      {apiTokenInQuery ? (
        <p>
          A program that cannot send headers may send the token in the URL, as <code>?token=</code>. The server ignores
          it if the request has an <code>Authorization</code> header. URLs end up in logs and histories. Prefer the
          header.
        </p>
      ) : (
        ''
      )}
      <p>
        Bodies are JSON in UTF-8 or form data, at most 64 KiB. Unknown fields are ignored. Times are ISO 8601 in UTC.
        Pages of this site may use the session cookie instead of a token.
      </p>
    </div>
  </Section>
)

const Errors = () => (
  <Section id="errors" title={guide.errors}>
    <div class="stack">
      <p>
        Every error is a problem document (<code>application/problem+json</code>, RFC 9457): <code>title</code> says
        what happened, <code>detail</code> what to do, and <code>errors</code> which fields are invalid.
      </p>
      <CodeBlock title="Response 422" subject="a problem document" code={exampleOf(schemas.Problem)} />
      <Card>
        <Facts>
          <>
            {Object.entries(problems).map(([status, meaning]) => (
              <Fact label={status}>{meaning}</Fact>
            ))}
          </>
          <Fact label="500">
            <>
              Server error. Include the <code>id</code> if you contact us.
            </>
          </Fact>
        </Facts>
      </Card>
    </div>
  </Section>
)
