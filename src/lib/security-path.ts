/** The settings page of login methods. Views and middleware both link to it. */
export const SECURITY_PATH = '/settings/security'
