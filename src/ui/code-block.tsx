import { Html } from './html'

type CodeBlockProps = {
  title: string
  /** Distinguishes the buttons of the blocks on a page. */
  subject: string
  code: string
}

/** Code that is too wide scrolls sideways. `public/fields.js` adds the button to copy it. */
export const CodeBlock = ({ title, subject, code }: CodeBlockProps) => (
  <figure>
    <figcaption class="section-head">
      <b class="small muted" safe>
        {title}
      </b>
    </figcaption>
    <pre tabindex="0">
      <code data-copy={Html.escapeHtml(`${title.toLowerCase()}: ${subject}`)} safe>
        {code}
      </code>
    </pre>
  </figure>
)
