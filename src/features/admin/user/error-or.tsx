import { Html, unescaped, type Children } from '@/ui/html'

/** The error of a change, or what the change does. */
export const ErrorOr = ({ id, error, children }: { id: string; error?: string; children: Children }) =>
  error === undefined ? (
    <>{unescaped(children)}</>
  ) : (
    <span id={id} class="field-error" role="alert" safe>
      {error}
    </span>
  )
