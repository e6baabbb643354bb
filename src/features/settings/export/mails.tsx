import { countParts, notMeButton, type Template } from '@/ui/mail-content'

const dataExportedMail: Template = (data, site) => ({
  subject: 'Your data was downloaded',
  parts: [
    `Someone with access to your ${site.name} account downloaded its data.`,
    ...countParts(data.details),
    { details: data.details },
    notMeButton(data, site),
  ],
})

export const exportMails = { 'data-exported': dataExportedMail }
