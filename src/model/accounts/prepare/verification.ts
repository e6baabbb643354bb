import { OUTDATED, type Preparations } from './prepare'

export const verificationPreparations: Preparations<'verify-email'> = {
  'verify-email': async () => OUTDATED,
}
