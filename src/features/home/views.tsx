import { Html, type View } from '@/ui/html'

export const HomePage = ({ name }: { name?: string }): View => ({
  title: 'Home',
  body: name === undefined ? <VisitorHome /> : <UserHome name={name} />,
})

const VisitorHome = () => (
  <section class="hero">
    <h1>Accounts that are easy to open and hard to break into</h1>
    <p class="lead">One password, one quiet page, and a door that closes by itself when you walk away.</p>
    <p>
      <a href="/signup" role="button">
        Create an account
      </a>
    </p>
    <ul class="facts">
      <li>
        <h2>Five quiet minutes</h2>
        <p>Walk away and your session ends. Come back and your password opens it again, right where you were.</p>
      </li>
      <li>
        <h2>Nothing to steal</h2>
        <p>Passwords, sessions and remembered devices are kept as hashes. A copy of the database opens nothing.</p>
      </li>
      <li>
        <h2>Plain pages</h2>
        <p>Small, quick, and complete without scripts. With them a mistake does not even cost a reload.</p>
      </li>
    </ul>
  </section>
)

const UserHome = ({ name }: { name: string }) => (
  <section class="hero">
    <h1 safe>{`Good to see you, ${name}`}</h1>
    <p class="lead">Your account is open in this browser.</p>
    <p>
      <a href="/dashboard" role="button">
        Open the dashboard
      </a>
    </p>
  </section>
)
