import type { TSchema } from 'elysia'
import { Html } from '@/ui/html'
import { exampleOf, describeFields } from './schema-doc'
import { problemsOf } from '../openapi'
import type { Operation } from '../operations'

export const OperationCard = ({ id, operation }: { id: string; operation: Operation }) => {
  const { method, path, summary, scope, body, answer } = operation
  return (
    <section id={id} class="card">
      <h3 safe>{summary}</h3>
      <p>
        <code safe>{`${method} ${path}`}</code>
      </p>
      {scope === undefined ? (
        <p>No token needed.</p>
      ) : (
        <p>
          Needs the scope <code>{scope}</code>.
        </p>
      )}
      {operation.id === undefined ? null : (
        <p>
          <code>id</code> in the path: <span safe>{operation.id}</span>
        </p>
      )}
      {body === undefined ? null : <Content title="Send" schema={body} />}
      {answer === undefined ? (
        <p>
          Returns <code>204</code> with an empty body.
        </p>
      ) : (
        <Content title="Returns 200" schema={answer} />
      )}
      <Problems statuses={problemsOf(operation)} />
    </section>
  )
}

const Content = ({ title, schema }: { title: string; schema: TSchema }) => (
  <>
    <h4 safe>{title}</h4>
    <pre tabindex="0">
      <code safe>{exampleOf(schema)}</code>
    </pre>
    <dl>
      {describeFields(schema).map(({ name, type, description }) => (
        <>
          <dt>
            <code safe>{name}</code> <small safe>{type}</small>
          </dt>
          <dd safe>{description}</dd>
        </>
      ))}
    </dl>
  </>
)

const Problems = ({ statuses }: { statuses: number[] }) =>
  statuses.length === 0 ? null : (
    <p>
      Possible errors: <span safe>{statuses.join(', ')}</span>, see <a href="#errors">above</a>.
    </p>
  )
