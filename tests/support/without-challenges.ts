/** Pages with passkeys differ in their random challenge, like any two requests. Everything else must be equal. */
export const withoutChallenges = (body: string) =>
  body.replaceAll(/(challenge(?:&quot;|\\?"):(?:&quot;|\\?"))[\w-]{51}/g, '$1')
