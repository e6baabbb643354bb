// Exports, because a bundle cannot read the folder. The name is what the database records.
export * as '0001_initial' from './migrations/0001_initial'
export * as '0002_remember_secret_tree' from './migrations/0002_remember_secret_tree'
export * as '0003_saved_request_source' from './migrations/0003_saved_request_source'
export * as '0004_user_list' from './migrations/0004_user_list'
export * as '0005_mail' from './migrations/0005_mail'
export * as '0006_account_deletion' from './migrations/0006_account_deletion'
export * as '0007_email_addresses' from './migrations/0007_email_addresses'
export * as '0008_second_factors' from './migrations/0008_second_factors'
export * as '0009_passkeys' from './migrations/0009_passkeys'
export * as '0010_factor_resets' from './migrations/0010_factor_resets'
export * as '0011_cluster' from './migrations/0011_cluster'

// Your migrations, numbered from 1001
