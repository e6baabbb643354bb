import type { Branding } from '@/config/branding'
import { LinkButton } from '@/ui/button'
import { Html, type View } from '@/ui/html'

type HomeProps = { branding: Branding; loginUrl: string; userName?: string }

export const HomePage = ({ branding, loginUrl, userName }: HomeProps): View => ({
  title: 'Home',
  body:
    userName === undefined ? <VisitorHome branding={branding} loginUrl={loginUrl} /> : <UserHome userName={userName} />,
})

const VisitorHome = ({ branding, loginUrl }: Omit<HomeProps, 'userName'>) => (
  <section class="hero">
    <h1 safe>{branding.name}</h1>
    <p class="lead" safe>
      {branding.tagline}
    </p>
    <p class="actions">
      <LinkButton href="/signup" text="Sign up" />
      <LinkButton href={loginUrl} text="Log in" kind="secondary" />
    </p>
  </section>
)

const UserHome = ({ userName }: { userName: string }) => (
  <section class="hero">
    <h1>
      Welcome back, <bdi safe>{userName}</bdi>
    </h1>
    <p class="lead">You are logged in.</p>
    <p>
      <LinkButton href="/dashboard" text="Go to the dashboard" />
    </p>
  </section>
)
