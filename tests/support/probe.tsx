import { Elysia } from 'elysia'
import { Html } from '@/ui/html'
import type { Guards } from '@/http/auth/guards'

/** A page that shows the user's name, because adopters may change the real pages. */
export const probe = ({ anyone }: Guards) =>
  new Elysia({ prefix: '/probe' })
    .use(anyone)
    .get('/', ({ currentUser, reply }) => reply.page({ title: 'Probe', body: Greeting({ name: currentUser?.name }) }))

const Greeting = ({ name }: { name?: string }) => (
  <h1 safe>{name === undefined ? 'You are not logged in!' : `Hello ${name}!`}</h1>
)
