import { Elysia, t } from 'elysia'
import type { Guards } from '@/http/auth/guards'
import { textField } from '@/http/request/form-fields'
import { Checkbox } from '@/ui/choices'
import { Html, type View } from '@/ui/html'
import { PageHead } from '@/ui/page-head'
import { PasskeyForm } from '@/ui/passkey-form'

/** 32 bytes as base64url. */
export const bytes = (letter: string) => letter.repeat(42) + 'A'

const creation = {
  rp: { id: 'localhost', name: 'Test' },
  user: { id: bytes('B'), name: 'ann@example.test', displayName: 'Ann' },
  challenge: bytes('A'),
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
  extensions: { credProps: true },
}

const assertion = (challenge: string) => ({ rpId: 'localhost', challenge, userVerification: 'required' })

const Fields = t.Object({ attestation: textField, assertion: textField, remember: textField, reject: textField })

/** Forms of passkeys without accounts. The response shows the fields that arrived. */
export const passkeyPages = ({ anyone }: Guards) =>
  new Elysia({ prefix: '/passkey-pages' })
    .use(anyone)
    .get('/', ({ reply }) => reply.page(FormsPage({})))
    .get('/login', ({ reply }) => reply.page(FormsPage({ mode: 'login' })))
    .get('/dialog', ({ reply }) => reply.page(FormsPage({ mode: 'dialog' })))
    .get('/options', ({ reply }) => reply.json(assertion(bytes('C'))))
    .post('/', ({ body, reply }) => reply.page(body.reject ? FormsPage({ isUnknown: true }) : SentPage(body)), {
      body: Fields,
    })

const FormsPage = ({ mode, isUnknown }: { mode?: 'login' | 'dialog'; isUnknown?: boolean }): View => ({
  title: 'Passkeys',
  body: (
    <>
      <PageHead title="Passkeys" />
      <PasskeyForm
        action="/passkey-pages"
        submit="Add a passkey"
        field="attestation"
        options={creation}
        withoutScripts="Passkeys require JavaScript."
      />
      <PasskeyForm
        action="/passkey-pages"
        submit="Log in with a passkey"
        field="assertion"
        {...(mode === 'login' ? { optionsPath: '/passkey-pages/options' } : { options: assertion(bytes('A')) })}
        mode={mode}
        copies={['remember', 'reject']}
        isUnknown={isUnknown}
        hasSeparator
      />
      <form>
        <input id="email" type="email" autocomplete="username webauthn" aria-label="Email" />
        <Checkbox label="Remember me" name="remember" />
        <a hx-get="/passkey-pages/dialog" hx-target="#main" href="/passkey-pages/dialog">
          Dialog
        </a>
        <input name="reject" id="reject" aria-label="Reject" />
      </form>
    </>
  ),
})

const SentPage = (fields: Record<string, string>): View => ({
  title: 'Sent',
  body: <output safe>{JSON.stringify(fields)}</output>,
})
