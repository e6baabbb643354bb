import type { RateLimited } from '@/model/types'
import { Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { waitInWords } from '@/ui/login-error-text'
import { PageHead } from '@/ui/page-head'

export const ExportPage = ({ limited }: { limited?: RateLimited }): View => ({
  title: 'Download your data',
  body: (
    <>
      <PageHead
        title="Download your data"
        lead={
          <>
            You get a JSON file with your account details, sessions, devices, API tokens, activity and emails. It
            contains no passwords or tokens.
          </>
        }
      />
      <Form action="/settings/export" submit="Download" isCard isNative>
        <FormError
          id="export-error"
          text={
            limited && `You can download your data 5 times a day. Try again in ${waitInWords(limited.retryAfterMs)}.`
          }
        />
      </Form>
    </>
  ),
})
