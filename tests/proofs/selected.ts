const OPTION = '--only='
const wanted = Bun.argv.flatMap((argument) => (argument.startsWith(OPTION) ? argument.slice(OPTION.length) : []))

/** `--only=TEXT` runs only the parts whose name contains the text. It can be repeated. */
export const isSelected = (name: string) => wanted.length === 0 || wanted.some((text) => name.includes(text))
