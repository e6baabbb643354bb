import type { TSchema } from 'elysia'
import { Badge } from '@/ui/badge'
import { Fact, Facts } from '@/ui/card'
import { CodeBlock } from '@/ui/code-block'
import { Html } from '@/ui/html'
import type { Tone } from '@/ui/icon'
import { problemsOf } from '../openapi'
import type { Operation } from '../operations'
import { curlOf } from './curl'
import { exampleOf, describeFields } from './schema-doc'

const tones: Record<Operation['method'], Tone> = { GET: 'info', PATCH: 'warning', DELETE: 'danger' }

export const Method = ({ method }: { method: Operation['method'] }) => (
  <Badge text={method} tone={tones[method]} isCode />
)

type OperationCardProps = { id: string; operation: Operation; appUrl: string }

export const OperationCard = ({ id, operation, appUrl }: OperationCardProps) => {
  const { method, path, summary, scope, body, answer } = operation
  return (
    <section id={id} class="card stack">
      <h3 safe>{summary}</h3>
      <p class="actions">
        <Method method={method} />
        <code safe>{path}</code>
      </p>
      {scope === undefined ? (
        <p>No token needed.</p>
      ) : (
        <p>
          Needs the scope <code>{scope}</code>.
        </p>
      )}
      {operation.id === undefined ? (
        ''
      ) : (
        <p>
          <code>id</code> in the path: <span safe>{operation.id}</span>
        </p>
      )}
      <CodeBlock title="Request" subject={summary} code={curlOf(appUrl, operation)} />
      {body === undefined ? '' : <Fields schema={body} />}
      {answer === undefined ? (
        <p>
          Returns <code>204</code> with an empty body.
        </p>
      ) : (
        <>
          <CodeBlock title="Response 200" subject={summary} code={exampleOf(answer)} />
          <Fields schema={answer} />
        </>
      )}
      <Problems statuses={problemsOf(operation)} />
    </section>
  )
}

const Fields = ({ schema }: { schema: TSchema }) => (
  <Facts>
    {describeFields(schema).map(({ name, type, description }) => (
      <Fact label={name}>
        <>
          <small class="muted" safe>
            {type}
          </small>{' '}
          {Html.escapeHtml(description)}
        </>
      </Fact>
    ))}
  </Facts>
)

const Problems = ({ statuses }: { statuses: number[] }) =>
  statuses.length === 0 ? (
    ''
  ) : (
    <p class="muted small">
      Possible errors: <span safe>{statuses.join(', ')}</span>, see <a href="#errors">above</a>.
    </p>
  )
