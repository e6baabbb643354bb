import { countParts, notMeButton, type Template } from '@/ui/mail-content'

const dataExportedMail: Template = (data, site) => ({
  subject: 'Your data was downloaded',
  parts: [
    `Someone who knows your password downloaded the data of your ${site.name} account.`,
    ...countParts(data.details),
    { details: data.details },
    notMeButton(data, site),
  ],
})

export const exportMails = { 'data-exported': dataExportedMail }
