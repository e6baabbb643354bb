import { Html, unescaped, type Children } from './html'

/** A box for content that is not a list. */
export const Card = ({ children }: { children: Children }) => <div class="card stack">{unescaped(children)}</div>

type EmptyStateProps = { title: string; text: JSX.Element; children?: Children }

/** Instead of a list: a title, one sentence and one action. */
export const EmptyState = ({ title, text, children }: EmptyStateProps) => (
  <div class="card empty stack">
    <p>
      <strong safe>{title}</strong>
    </p>
    <p class="muted">{unescaped(text)}</p>
    {children === undefined ? '' : <div>{unescaped(children)}</div>}
  </div>
)

/** A definition list. */
export const Facts = ({ children }: { children: Children }) => <dl class="facts">{unescaped(children)}</dl>

/** One row of `Facts`. `isTyped`: the line breaks of the value stay. */
export const Fact = ({ label, isTyped, children }: { label: string; isTyped?: boolean; children: Children }) => (
  <>
    <dt safe>{label}</dt>
    <dd class={isTyped ? 'value' : undefined}>{unescaped(children)}</dd>
  </>
)
