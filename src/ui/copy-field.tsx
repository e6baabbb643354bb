import { Html } from './html'

/** A value to copy. `public/fields.js` adds the button. */
export const CopyField = ({ id, value, label }: { id: string; value: string; label: string }) => (
  <div class="joined">
    <code id={id} class="copy" data-copy={Html.escapeHtml(label)} safe>
      {value}
    </code>
  </div>
)
