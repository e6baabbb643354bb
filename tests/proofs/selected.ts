/** `--only=TEXT` runs only the parts whose name contains the text. */
const only = Bun.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length) ?? ''

export const isSelected = (name: string) => name.includes(only)
