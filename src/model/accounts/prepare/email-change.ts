import { OUTDATED, type Preparations } from './prepare'

export const emailChangePreparations: Preparations<
  'confirm-new-email' | 'email-change-requested' | 'email-changed-old' | 'email-changed-new'
> = {
  'confirm-new-email': async () => OUTDATED,
  'email-change-requested': async () => OUTDATED,
  'email-changed-old': async () => OUTDATED,
  'email-changed-new': async () => OUTDATED,
}
