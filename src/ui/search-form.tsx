import { Html } from './html'

type SearchFormProps = {
  action: string
  label: string
  value: string
  /** Other parameters of the address, for example filters. */
  hidden?: [name: string, value: string][]
}

/** A search field with its button on one line. It sends `q`. */
export const SearchForm = ({ action, label, value, hidden = [] }: SearchFormProps) => (
  <search>
    <form class="joined" method="get" action={Html.escapeHtml(action)}>
      {hidden.map(([name, value]) => (
        <input type="hidden" name={Html.escapeHtml(name)} value={Html.escapeHtml(value)} />
      ))}
      <input
        id="q"
        name="q"
        type="search"
        value={Html.escapeHtml(value)}
        aria-label={Html.escapeHtml(label)}
        placeholder={Html.escapeHtml(label)}
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
      />
      <button type="submit" class="secondary">
        Search
      </button>
    </form>
  </search>
)
