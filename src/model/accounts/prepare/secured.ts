import { OUTDATED, type Preparations } from './prepare'

export const securedPreparations: Preparations<'account-secured'> = {
  'account-secured': async () => OUTDATED,
}
