import { LinkButton } from './button'
import { Card } from './card'
import { Html, type View } from './html'
import { FocusedPage, PageHead } from './page-head'
import { SupportEmail } from './support-email'

type ErrorPageProps = {
  /** Whether the page is one of the account. */
  hasAccountMenu: boolean
  status: number
  title: string
  detail: string
  /** The name of the user, if the error depends on it. */
  userName?: string
  id?: string
  /** Empty if there is none. */
  supportEmail: string
  /** The browser can submit the form again, including passwords. */
  canResend?: boolean
  /** The page with the form that was refused. */
  reloadPath?: string
  /** The page before, if it is one of this site. */
  backPath?: string
}

/** `id` is also in the log. */
export const ErrorPage = ({ hasAccountMenu, ...props }: ErrorPageProps): View => ({
  title: props.title,
  body: hasAccountMenu ? (
    <>
      <PageHead title={props.title} lead={<>Error {props.status}</>} />
      <Card>
        <Advice {...props} />
      </Card>
    </>
  ) : (
    <FocusedPage title={props.title}>
      <p class="muted small">Error {props.status}</p>
      <Advice {...props} />
    </FocusedPage>
  ),
})

const Advice = ({
  detail,
  id,
  userName,
  canResend,
  reloadPath,
  backPath,
  supportEmail,
}: Omit<ErrorPageProps, 'hasAccountMenu'>) => (
  <>
    <p safe>{detail}</p>
    {userName === undefined ? (
      ''
    ) : (
      <p class="muted">
        You are logged in as <bdi safe>{userName}</bdi>.
        {supportEmail === '' ? (
          ' Ask an administrator if you need access.'
        ) : (
          <>
            {' '}
            If you need access, write to <SupportEmail email={supportEmail} />.
          </>
        )}
      </p>
    )}
    {canResend ? <p>Reload this page to send the form again.</p> : ''}
    {id === undefined ? (
      ''
    ) : (
      <p>
        If you contact {supportEmail === '' ? 'us' : <SupportEmail email={supportEmail} />}, include this ID:{' '}
        <code safe>{id}</code>.
      </p>
    )}
    <div class="actions">
      {reloadPath === undefined ? '' : <LinkButton href={reloadPath} text="Reload the page" />}
      <LinkButton href="/" text="Home" kind={reloadPath === undefined ? 'primary' : 'secondary'} />
      {reloadPath === undefined ? <BackButton path={backPath} /> : ''}
    </div>
  </>
)

/** Scripts go back in the history if the page before is unknown, for example after a typed address. */
const BackButton = ({ path }: { path?: string }) => (
  <LinkButton href={path ?? '/'} text="Back" kind="secondary" goesBack={path === undefined} />
)
