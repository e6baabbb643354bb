/** What pages with passkeys contain: the challenge, and the handle of a new user. */
const RANDOM = [
  /(challenge(?:&quot;|"):(?:&quot;|"))[\w-]{51}/g,
  /(user&quot;:{&quot;id&quot;:&quot;)[\w-]{43}/g,
  /(name="user_handle" value=")[\w-]{43}/g,
]

/** Two pages with passkeys differ in random values, like any two requests. Everything else must be equal. */
export const withoutChallenges = (body: string) => RANDOM.reduce((text, value) => text.replaceAll(value, '$1'), body)
