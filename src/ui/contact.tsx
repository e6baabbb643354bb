import { Html } from './html'

/** URLs or addresses, as configured; empty without one. */
export type Contacts = { supportEmail: string; securityContact: string }

const urlOf = ({ supportEmail, securityContact }: Contacts) =>
  supportEmail === '' ? securityContact : `mailto:${supportEmail}`

export const hasContact = (contacts: Contacts) => urlOf(contacts) !== ''

/** Where users without access get help. */
export const Contact = (contacts: Contacts) =>
  hasContact(contacts) ? (
    <>
      {' '}
      Contact us:{' '}
      <a href={Html.escapeHtml(urlOf(contacts))} safe>
        {urlOf(contacts).replace(/^mailto:/, '')}
      </a>
    </>
  ) : (
    ''
  )
