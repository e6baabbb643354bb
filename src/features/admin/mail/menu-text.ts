/** The menu item says how many emails wait, so that an admin sees a mail server that fails. */
export const menuTextOf = (waiting: number) => ({
  '/admin/mail': waiting === 0 ? 'Mail' : `Mail (${waiting.toLocaleString('en')} waiting)`,
})
