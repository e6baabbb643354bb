import { Html, unescaped, type Children } from './html'

/**
 * The field of the choice with the value `custom`. It stands after the `RadioGroup`, and a style rule hides it while another
 * choice is selected.
 */
export const CustomChoice = ({ children }: { children: Children }) => (
  <div class="custom-choice">{unescaped(children)}</div>
)
