import type { Branding } from '@/config/branding'
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
      <a href="/signup" role="button">
        Sign up
      </a>
      <a href={Html.escapeHtml(loginUrl)} role="button" class="secondary">
        Log in
      </a>
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
      <a href="/dashboard" role="button">
        Go to the dashboard
      </a>
    </p>
  </section>
)
