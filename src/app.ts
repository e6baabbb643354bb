import { Elysia, type AnyElysia } from 'elysia'
import type { Deps } from './deps/deps'
import { adminMail } from './features/admin/mail/routes'
import { admin } from './features/admin/routes'
import { userEmail } from './features/admin/user/routes'
import { api } from './features/api/routes'
import { assets } from './features/assets/routes'
import { dashboard } from './features/dashboard/routes'
import { dev } from './features/dev/routes'
import { forgotPassword, passwordHelp } from './features/forgot-password/routes'
import { healthz } from './features/healthz/routes'
import { home } from './features/home/routes'
import { loginByCode } from './features/login/code/routes'
import { loginByPasskey } from './features/login/passkey/routes'
import { login } from './features/login/routes'
import { secondStep } from './features/login/second-step/routes'
import { factorReset } from './features/login/reset-factors/routes'
import { lostFactors } from './features/login/second-step/lost/routes'
import { logout } from './features/logout/routes'
import { passwordReset } from './features/reset-password/routes'
import { profile } from './features/profile/routes'
import { relogin } from './features/relogin/routes'
import { accountRestore } from './features/restore-account/routes'
import { passkeyOffer } from './features/settings/security/passkeys/decline/routes'
import { resume } from './features/resume/routes'
import { securing } from './features/secure-account/routes'
import { session } from './features/session/routes'
import { emailSettings } from './features/settings/email/routes'
import { notificationSettings } from './features/settings/notifications/routes'
import { settings } from './features/settings/routes'
import { resetCancellation } from './features/settings/security/reset/routes'
import { confirmedSignup } from './features/signup/required/routes'
import { signup } from './features/signup/routes'
import { styleguide } from './features/styleguide/routes'
import { emailVerification } from './features/verify-email/routes'
import { wellKnown } from './features/well-known/routes'
import { afterResponse } from './http/middleware/after-response'
import { bindServer } from './http/request/client-ip'
import { parseBody, checkBody } from './http/middleware/body'
import { checkQuery } from './http/middleware/repeated-fields'
import { createAuth } from './http/auth/auth'
import { handleError } from './http/middleware/error-handler'
import { createGuards, type Guards } from './http/auth/guards'
import { validateLoginPages } from './http/auth/check-login-pages'
import type { Route } from './http/request/route-table'
import type { AuthOptions } from './http/types/auth-options'
import type { Server } from './http/types/request-state'
import { checkRouterPath, routerOptions, type RouterContext } from './http/middleware/router-path'
import { isMailOn } from './model/mails/request-mail'
import { createHostCheck, checkCsrf, checkFetchMetadata } from './http/middleware/cross-origin'

// Your features. Each also has a line below.
import { hello } from './features/hello/routes'

export type Feature = (guards: Guards) => AnyElysia

type Options = {
  auth?: AuthOptions
  /** Mounted after the features of the list below. */
  features?: Feature[]
  /** Closes the event streams, which would otherwise stay open forever. */
  signal?: AbortSignal
}

/** `auth` and `guards` are returned for tests, which add routes. */
export function createApp(baseDeps: Deps, { auth: options = {}, features = [], signal }: Options = {}) {
  const auth = createAuth(baseDeps, options)
  const { deps } = auth
  signal?.addEventListener('abort', auth.streams.close)
  const guards = createGuards(auth)
  const checkHost = createHostCheck(deps)
  // The system router matches the raw path. Everything else uses the parsed path, in which /a\..\b is /b.
  const app = new Elysia({ systemRouter: false, handler: routerOptions(deps.config.appUrl) })
    .wrap(afterResponse(deps))
    .onRequest(({ request, path }: RouterContext) => {
      bindServer(request, serverOf())
      checkHost(request)
      checkRouterPath({ request, path })
      checkFetchMetadata(request, deps.config)
      checkCsrf(request, deps.config)
      checkBody(request)
      checkQuery(request, routes)
    })
    .onParse({ as: 'global' }, ({ request }) => parseBody(request, routes))
    .onError(async ({ request, code, error: thrown, body, set }) => {
      const answer = await handleError(auth, routes(), { request, code, thrown, body })
      set.status = answer.status // Elysia changes a 200 of an error handler to 500
      return answer
    })
    // Your features
    .use(hello(guards))
    // Features of the core
    .use(assets(deps.config))
    .use(home(guards))
    .use(secondStep(guards))
    .use(login(guards))
    .use(loginByPasskey(guards))
    .use(logout(guards))
    .use(relogin(guards))
    .use(accountRestore(guards))
    .use(resume(guards, handle))
    .use(profile(guards))
    .use(dashboard(guards))
    .use(session(guards))
    .use(settings(guards))
    .use(passkeyOffer(guards))
    .use(resetCancellation(guards))
    .use(lostFactors(guards))
    .use(admin(guards))
    .use(api(guards))
    .use(healthz(guards))
    .use(wellKnown(guards))
  if (!deps.config.production) app.use(styleguide(guards))
  if (isMailOn(deps)) app.use(forgotPassword(guards)).use(passwordReset(guards)).use(securing(guards))
  else app.use(passwordHelp(guards))
  if (isMailOn(deps)) app.use(emailSettings(guards)).use(notificationSettings(guards)).use(emailVerification(guards))
  if (deps.config.emailLogin) app.use(loginByCode(guards))
  if (isMailOn(deps)) app.use(factorReset(guards))
  if (isMailOn(deps)) app.use(userEmail(guards)).use(adminMail(guards))
  const signupPages = deps.config.emailVerification === 'required' ? confirmedSignup : signup
  if (deps.config.isSignupOpen) app.use(signupPages(guards))
  if (deps.config.mail.transport.kind === 'mailbox') app.use(dev(guards))
  for (const feature of features) app.use(feature(guards))
  const errors = validateLoginPages(options, app.routes)
  if (errors.length > 0) throw new Error(errors.join('\n'))
  return { app, auth, guards }

  // Not from Elysia's context: a handler that reads it there makes every request slower.
  function serverOf(): Server | null {
    return app.server
  }

  // Read on each use, because routes can be added later.
  function routes(): Route[] {
    return app.routes
  }

  function handle(request: Request): Promise<Response> {
    return app.handle(request)
  }
}
