import { OUTDATED, type Preparations } from './prepare'

export const signUpPreparations: Preparations<'sign-up'> = {
  'sign-up': async () => OUTDATED,
}
