import { Card } from '@/ui/card'
import { Html, unescaped, type Children } from '@/ui/html'

/** The status of a login method, and below it what the user can do. */
export const StatusCard = ({ status, children }: { status: JSX.Element; children?: Children }) => (
  <Card>
    <p>{unescaped(status)}</p>
    {children === undefined ? <></> : <div class="actions">{unescaped(children)}</div>}
  </Card>
)
