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
declare module 'htmx.org/dist/htmx.min.js' {
  const path: string
  export default path
}
declare module '*/public/app.js' {
  const path: string
  export default path
}
declare module '*/public/relogin.js' {
  const path: string
  export default path
}
declare module '*/public/privacy-screen.js' {
  const path: string
  export default path
}
declare module '*/public/session-events.js' {
  const path: string
  export default path
}
declare module '*/public/session-timeout.js' {
  const path: string
  export default path
}
declare module '*.txt' {
  const text: string
  export default text
}
declare module '*/public/fields.js' {
  const path: string
  export default path
}
declare module '*/public/times.js' {
  const path: string
  export default path
}
declare module '*/public/page-dialog.js' {
  const path: string
  export default path
}
