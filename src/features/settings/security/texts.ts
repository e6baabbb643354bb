export const ONLY_WAY_TEXT = 'This is your only way to log in. Add another one first.'
export const REQUIRED_FACTOR_TEXT =
  'This site requires two-step verification. Add another verification method before you remove this one.'
export const CANNOT_TURN_OFF_TEXT = 'This site requires two-step verification, so you can’t turn it off.'
/** After two-step verification. An account without a password has other ways to log in. */
export const oneStepText = ({ hasPassword }: { hasPassword: boolean }) =>
  hasPassword ? 'Your password alone will be enough to log in.' : 'You will log in without a second step.'
export const NO_FACTOR_TEXT = 'Add an authenticator app or a passkey first.'
