/** The choice of a user. `system` follows the device. */
export type Theme = 'system' | 'light' | 'dark'

export const themes: Record<Theme, { text: string; colorScheme: string }> = {
  system: { text: 'System', colorScheme: 'light dark' },
  light: { text: 'Light', colorScheme: 'light' },
  dark: { text: 'Dark', colorScheme: 'dark' },
}
