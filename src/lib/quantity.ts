/** `1 session`, `2 sessions`. */
export const quantity = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`
