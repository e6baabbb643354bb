import type { Branding } from '@/config/branding'
import { LinkButton } from '@/ui/button'
import { Html, type View } from '@/ui/html'
import { Mark } from '@/ui/mark'
import { NextSteps } from './next-steps'

type HomeProps = {
  branding: Branding
  loginUrl: string
  /** Undefined if the sign-up is closed. */
  signupUrl?: string
  userName?: string
  isDevelopment: boolean
}

export const HomePage = ({ userName, isDevelopment, ...props }: HomeProps): View => ({
  title: 'Home',
  body: (
    <>
      {userName === undefined ? <VisitorHome {...props} /> : <UserHome userName={userName} />}
      {isDevelopment ? <NextSteps signupUrl={userName === undefined ? props.signupUrl : undefined} /> : ''}
    </>
  ),
})

const VisitorHome = ({ branding, loginUrl, signupUrl }: Pick<HomeProps, 'branding' | 'loginUrl' | 'signupUrl'>) => (
  <section class="hero">
    <Mark branding={branding} />
    <h1 safe>{branding.name}</h1>
    <p class="lead" safe>
      {branding.tagline}
    </p>
    <div class="actions">
      {signupUrl === undefined ? '' : <LinkButton href={signupUrl} text="Sign up" />}
      <LinkButton href={loginUrl} text="Log in" kind={signupUrl === undefined ? 'primary' : 'secondary'} />
    </div>
  </section>
)

const UserHome = ({ userName }: { userName: string }) => (
  <section class="hero">
    <h1>
      Welcome back, <bdi safe>{userName}</bdi>
    </h1>
    <LinkButton href="/dashboard" text="Go to the overview" />
  </section>
)
