// Passkeys: the response of the browser becomes a field of a form, which is then sent like every other form.
{
  const MAX_AGE = 4 * 60_000 // a challenge is valid for 5 minutes
  const IMMEDIATE = { uiMode: 'immediate' }
  const CONDITIONAL = { mediation: 'conditional' }

  const WAITING = 'Waiting for your device…'
  const NOT_SUPPORTED = 'This browser doesn’t support passkeys. Use another browser or another device.'
  const FAILED = 'This browser couldn’t use a passkey. Try again, or choose another way.'
  const errors = {
    get: { NotAllowedError: 'No passkey was used. The request was cancelled or timed out.' },
    create: {
      NotAllowedError: 'No passkey was added. The request was cancelled or timed out.',
      InvalidStateError: 'This device already has a passkey for your account.',
    },
  }

  const api = globalThis.PublicKeyCredential
  const isSupported = typeof api?.parseRequestOptionsFromJSON === 'function'
  const capabilities = isSupported ? api.getClientCapabilities?.() : undefined
  const filled = new WeakSet()
  let running = new AbortController() // a browser answers one request at a time
  let isModal = false
  let renewal
  let lastUsed

  const methodOf = (form) => (form.elements.attestation ? 'create' : 'get')

  async function readOptions(form) {
    const { passkey, optionsPath } = form.dataset
    if (passkey) return JSON.parse(passkey)
    const response = await fetch(optionsPath)
    if (!response.ok || !appCore.isOwn(response)) throw new Error('passkey failed: no options')
    return response.json()
  }

  /** Replaces the running request. */
  async function request(form, mode) {
    running.abort()
    const { signal } = (running = new AbortController())
    const options = await readOptions(form)
    const { email, name } = form.elements
    if (email) Object.assign(options.user, { name: email.value, displayName: name.value })
    const method = methodOf(form)
    const parse = method === 'get' ? 'parseRequestOptionsFromJSON' : 'parseCreationOptionsFromJSON'
    const publicKey = api[parse](options)
    if (mode === IMMEDIATE) publicKey.allowCredentials = [] // browsers refuse a list in this mode
    const credential = await navigator.credentials[method]({ publicKey, signal, ...mode })
    lastUsed = { rpId: options.rpId ?? options.rp.id, credentialId: credential.id }
    const field = form.elements.assertion ?? form.elements.attestation
    field.value = JSON.stringify(toJson(credential))
    copyFields(form)
    send(form)
  }

  const encode = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '')

  const BUFFERS = ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle', 'attestationObject']

  /** Instead of `toJSON`, which fails with password managers that replace this API of the browser. */
  function toJson(credential) {
    const { type, response } = credential
    const id = encode(credential.rawId)
    const buffers = BUFFERS.filter((key) => response[key]).map((key) => [key, encode(response[key])])
    return {
      id,
      rawId: id,
      type,
      response: { ...Object.fromEntries(buffers), transports: response.getTransports?.() },
      clientExtensionResults: { credProps: credential.getClientExtensionResults?.().credProps },
    }
  }

  /** From the other form of the page: "Remember me" applies to every way to log in. Returns whether the fields are valid. */
  function copyFields(form) {
    const fields = Array.from(form.querySelectorAll('[data-same]'))
    return fields.every((field) => {
      const source = Array.from(document.getElementsByName(field.name)).find((one) => one.form !== form)
      if (source) field.value = source.type === 'checkbox' && !source.checked ? '' : source.value
      return source?.checkValidity() ?? true
    })
  }

  function send(form) {
    if (!form.isConnected) return
    filled.add(form)
    form.requestSubmit()
  }

  async function start(form) {
    setWaiting(form, true)
    try {
      if (!(await tryImmediate(form))) await request(form)
    } catch (error) {
      if (error.name === 'AbortError') return
      appCore.showError(errors[methodOf(form)][error.name] ?? FAILED)
      offerInAutofill(form)
    } finally {
      setWaiting(form, false)
    }
  }

  /** Whether this device had a passkey, and the user chose it. */
  async function tryImmediate(form) {
    if (!form.dataset.mode || !(await capabilities)?.immediateGet) return false
    try {
      await request(form, IMMEDIATE)
      return true
    } catch (error) {
      if (error.name === 'AbortError') throw error
      return false
    }
  }

  function setWaiting(form, isWaiting) {
    isModal = isWaiting
    const button = form.querySelector('button[type=submit]')
    button.dataset.text ??= button.textContent
    button.textContent = isWaiting ? WAITING : button.dataset.text
    form.querySelector('[role=status]').textContent = isWaiting ? WAITING : ''
  }

  /** The list of the email field contains the passkeys of the browser. */
  async function offerInAutofill(form) {
    if (form.dataset.mode !== 'login' || !(await api.isConditionalMediationAvailable?.())) return
    if (isModal || !form.isConnected) return
    clearTimeout(renewal)
    renewal = setTimeout(() => whenVisible(() => offerInAutofill(form)), MAX_AGE)
    request(form, CONDITIONAL).catch(() => undefined)
  }

  function whenVisible(run) {
    if (document.visibilityState === 'visible') run()
    else document.addEventListener('visibilitychange', run, { once: true })
  }

  function open(form) {
    form.dataset.enhanced = ''
    const isFirst = 'first' in form.dataset
    form.hidden = form.dataset.mode === 'upgrade' || (!isSupported && !isFirst)
    if (!isSupported) return void (form.textContent = NOT_SUPPORTED)
    if (form.dataset.mode === 'upgrade') return addQuietly(form)
    if (isFirst) takeFocus(form)
    offerInAutofill(form)
    if (form.dataset.mode === 'dialog') tryImmediate(form).catch(() => undefined)
  }

  /** Without passkeys another field has the focus. */
  function takeFocus(form) {
    for (const one of form.closest('main, dialog').querySelectorAll('[autofocus]')) one.removeAttribute('autofocus')
    const button = form.querySelector('button[type=submit]')
    button.autofocus = true
    button.focus()
  }

  /** A password manager that has just filled in the password may add a passkey without a question. */
  async function addQuietly(form) {
    if ((await capabilities)?.conditionalCreate) request(form, CONDITIONAL).catch(() => undefined)
  }

  /** For a device that can check its user. */
  async function showOffer() {
    const template = document.querySelector('[data-passkey-offer]')
    if (!template || !isSupported || !(await api.isUserVerifyingPlatformAuthenticatorAvailable())) return
    const [offer] = template.content.children
    template.replaceWith(offer)
    htmx.process(offer)
  }

  const quietly = (signal) => signal?.catch(() => undefined)

  /** The browser stops offering passkeys that were removed here, and shows the present name of the user. */
  function sendSignals() {
    for (const element of document.querySelectorAll('[data-accepted]')) {
      const { name, displayName, allAcceptedCredentialIds, ...account } = JSON.parse(element.dataset.accepted)
      element.remove()
      quietly(api?.signalAllAcceptedCredentials?.({ ...account, allAcceptedCredentialIds }))
      quietly(api?.signalCurrentUserDetails?.({ ...account, name, displayName }))
    }
    if (lastUsed && document.querySelector('[data-unknown]')) quietly(api.signalUnknownCredential?.(lastUsed))
  }

  // In the capture phase, before htmx sends the form.
  document.addEventListener(
    'submit',
    (event) => {
      const form = event.target
      if (!form.matches('[data-passkey]') || filled.delete(form)) return
      if (!copyFields(form)) return // the server names the errors
      event.preventDefault()
      event.stopPropagation()
      start(form)
    },
    { capture: true },
  )

  appCore.enhance(() => {
    for (const form of document.querySelectorAll('[data-passkey]:not([data-enhanced])')) open(form)
    sendSignals()
    showOffer()
  })
}
