// Files are imported for their path (`with { type: 'file' }`), so that `bun run dev` watches and a bundle contains them.
declare module '*.css' {
  const path: string
  export default path
}
declare module '*.svg' {
  const path: string
  export default path
}
declare module '*.png' {
  const path: string
  export default path
}
declare module '*.ico' {
  const path: string
  export default path
}
declare module '*.js' {
  const path: string
  export default path
}
declare module '*.txt' {
  const text: string
  export default text
}
