import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'

/** The numbers of the algorithms in COSE: ES256, EdDSA, RS256. */
export type Algorithm = -7 | -8 | -257

type Flags = {
  /** User presence. */
  up: boolean
  /** User verification. */
  uv: boolean
  /** Backup eligible. */
  be: boolean
  /** Backup state. */
  bs: boolean
}

export type AuthenticatorOptions = Partial<Flags> & {
  algorithm?: Algorithm
  /** The model, as a UUID. */
  aaguid?: string
  /** Whether it stores passkeys, so that a login needs no credential id. */
  isDiscoverable?: boolean
  /** 0 stays 0: most synced passkeys have no counter. */
  counter?: number
  origin?: string
  transports?: unknown
  keys?: Keys
}

type Keys = { publicKey: KeyObject; privateKey: KeyObject }

/** The parts of the options that an authenticator reads. */
type Options = { challenge: string }
export type CreationOptions = Options & { rp: { id?: string }; user: { id: string } }
export type RequestOptions = Options & { rpId?: string }

/** What a hostile or broken client sends instead. */
export type Changes = {
  /** Members of clientDataJSON; undefined removes one. */
  clientData?: Record<string, unknown>
  rpId?: string
  flags?: Partial<Flags>
  counter?: number
  /** Of the credential and its response; undefined removes one. */
  credential?: Record<string, unknown>
  response?: Record<string, unknown>
  /** The algorithm that the public key names. */
  algorithm?: number
  fmt?: string
  attStmt?: Map<unknown, unknown>
  rk?: boolean
  /** Signs with another key. */
  signWith?: KeyObject
  /** Bytes behind the authenticator data. */
  trailing?: Uint8Array
}

const ZEROS = '00000000-0000-0000-0000-000000000000'

/** An authenticator in software, with one passkey. Each call returns the text of the form field. */
export function createAuthenticator({
  algorithm = -7,
  aaguid = ZEROS,
  isDiscoverable = true,
  counter = 0,
  origin = 'http://localhost',
  transports = ['internal'],
  keys = generateKeys(algorithm),
  up = true,
  uv = true,
  be = false,
  bs = false,
}: AuthenticatorOptions = {}) {
  const id = randomBytes(16)
  return withKeys({
    keys,
    algorithm,
    aaguid,
    isDiscoverable,
    counter,
    origin,
    transports,
    flags: { up, uv, be, bs },
    id,
    userHandle: undefined,
  })
}

export type Authenticator = ReturnType<typeof withKeys>

type State = {
  keys: Keys
  algorithm: Algorithm
  aaguid: string
  isDiscoverable: boolean
  counter: number
  origin: string
  transports: unknown
  flags: Flags
  id: Buffer
  userHandle: string | undefined
}

function withKeys(state: State) {
  const credentialId = state.id.toString('base64url')

  function clientDataFor(type: string, { challenge }: Options, { clientData = {} }: Changes) {
    const data = { type, challenge, origin: state.origin, crossOrigin: false, ...clientData }
    return Buffer.from(JSON.stringify(data))
  }

  function authDataFor(rpId: string, changes: Changes, attested = Buffer.alloc(0)) {
    const flags = { ...state.flags, ...changes.flags }
    const bits = [flags.up && 1, flags.uv && 4, flags.be && 8, flags.bs && 16, attested.length > 0 && 64]
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(changes.counter ?? state.counter)
    return Buffer.concat([
      createHash('sha256')
        .update(changes.rpId ?? rpId)
        .digest(),
      Buffer.from([bits.reduce<number>((sum, bit) => sum + Number(bit), 0)]),
      counter,
      attested,
      changes.trailing ?? Buffer.alloc(0),
    ])
  }

  function credentialOf(response: Record<string, unknown>, extensions: object, { credential = {} }: Changes) {
    return JSON.stringify({
      id: credentialId,
      rawId: credentialId,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: extensions,
      response,
      ...credential,
    })
  }

  return {
    credentialId,
    /** Another authenticator with the same key and counter. */
    copy: () => withKeys({ ...state }),
    /** The same authenticator with other flags or another counter. */
    with: ({
      counter = state.counter,
      origin = state.origin,
      ...flags
    }: Partial<Flags> & Pick<AuthenticatorOptions, 'counter' | 'origin'>) =>
      withKeys({ ...state, counter, origin, flags: { ...state.flags, ...flags } }),

    /** `navigator.credentials.create()`: the field `attestation`. */
    create(options: CreationOptions, changes: Changes = {}) {
      state.userHandle = options.user.id
      const idLength = Buffer.alloc(2)
      idLength.writeUInt16BE(state.id.length)
      const key = cosePublicKey(state.keys.publicKey, state.algorithm, changes.algorithm)
      const attested = Buffer.concat([Buffer.from(state.aaguid.replaceAll('-', ''), 'hex'), idLength, state.id, key])
      const attestationObject = encodeCbor(
        new Map<unknown, unknown>([
          ['fmt', changes.fmt ?? 'none'],
          ['attStmt', changes.attStmt ?? new Map()],
          ['authData', authDataFor(options.rp.id ?? '', changes, attested)],
        ]),
      )
      const response = {
        clientDataJSON: clientDataFor('webauthn.create', options, changes).toString('base64url'),
        attestationObject: attestationObject.toString('base64url'),
        transports: state.transports,
        ...changes.response,
      }
      const rk = changes.rk ?? state.isDiscoverable
      return credentialOf(response, { credProps: { rk } }, changes)
    },

    /** `navigator.credentials.get()`: the field `assertion`. A counter above 0 rises. */
    get(options: RequestOptions, changes: Changes = {}) {
      if (state.counter > 0) state.counter++
      const clientData = clientDataFor('webauthn.get', options, changes)
      const authData = authDataFor(options.rpId ?? '', changes)
      const signed = Buffer.concat([authData, createHash('sha256').update(clientData).digest()])
      const digest = state.algorithm === -8 ? null : 'sha256'
      const response = {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: sign(digest, signed, changes.signWith ?? state.keys.privateKey).toString('base64url'),
        userHandle: state.isDiscoverable ? state.userHandle : undefined,
        ...changes.response,
      }
      return credentialOf(response, {}, changes)
    },
  }
}

function generateKeys(algorithm: Algorithm): Keys {
  if (algorithm === -8) return generateKeyPairSync('ed25519')
  if (algorithm === -257) return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

/** COSE (RFC 9053): 1 is the key type, 3 the algorithm, negative numbers are the parameters. */
function cosePublicKey(key: KeyObject, algorithm: Algorithm, named: number = algorithm) {
  const jwk = key.export({ format: 'jwk' })
  const bytes = (text: unknown) => Buffer.from(String(text), 'base64url')
  const parameters: Record<Algorithm, [number, unknown][]> = {
    [-7]: [[1, 2], [3, named], [-1, 1], [-2, bytes(jwk.x)], [-3, bytes(jwk.y)]], // prettier-ignore
    [-8]: [
      [1, 1],
      [3, named],
      [-1, 6],
      [-2, bytes(jwk.x)],
    ],
    [-257]: [
      [1, 3],
      [3, named],
      [-1, bytes(jwk.n)],
      [-2, bytes(jwk.e)],
    ],
  }
  return encodeCbor(new Map<unknown, unknown>(parameters[algorithm]))
}

/** CBOR (RFC 8949) of integers, text, bytes and maps. */
export function encodeCbor(value: unknown): Buffer {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (value instanceof Map)
    return Buffer.concat([head(5, value.size), ...[...value].flatMap((entry) => entry.map(encodeCbor))])
  throw new TypeError(`encodeCbor: ${typeof value} is not supported`)
}

function head(major: number, length: number) {
  const type = major << 5
  if (length < 24) return Buffer.from([type | length])
  if (length < 256) return Buffer.from([type | 24, length])
  const bytes = Buffer.alloc(3, type | 25)
  bytes.writeUInt16BE(length, 1)
  return bytes
}

/** The options of the first form for a passkey in a page. */
export function passkeyOptions<T = CreationOptions & RequestOptions>(html: string): T {
  const found = /data-passkey="([^"]*)"/.exec(html)?.[1]
  if (found === undefined) throw new Error('the page has no form for a passkey')
  return JSON.parse(
    found
      .replaceAll('&#34;', '"')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&'),
  )
}
