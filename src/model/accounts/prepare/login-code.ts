import { OUTDATED, type Preparations } from './prepare'

export const loginCodePreparations: Preparations<'login-code'> = {
  'login-code': async () => OUTDATED,
}
