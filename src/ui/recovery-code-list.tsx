import { Html } from './html'

type RecoveryCodeListProps = { codes: readonly string[]; siteName: string }

/** `public/fields.js` replaces the sentence by buttons to copy, download and print the codes. */
export const RecoveryCodeList = ({ codes, siteName }: RecoveryCodeListProps) => (
  <>
    <ul class="codes" data-codes={Html.escapeHtml(siteName)}>
      {codes.map((code) => (
        <li>
          <code safe>{code}</code>
        </li>
      ))}
    </ul>
    <p class="small">Print or write down these codes.</p>
  </>
)
