import { formatDuration } from '@/lib/duration'
import { quantity } from '@/lib/quantity'
import { Form } from '@/ui/form'
import { Html } from '@/ui/html'
import { StatusCard } from '../status-card'
import type { SecurityProps } from '../props'

/** Part of the section of two-step verification. */
export const TrustedBrowsers = ({ trustedBrowsers, trustLifetime }: SecurityProps) =>
  trustedBrowsers === 0 ? (
    <></>
  ) : (
    <StatusCard status={<>{Html.escapeHtml(statusText(trustedBrowsers, trustLifetime))}</>}>
      <Form action="/settings/security/trusted-browsers/revoke" submit="Ask on all browsers again" kind="secondary" />
    </StatusCard>
  )

const statusText = (count: number, lifetime: number) =>
  `${quantity(count, 'trusted browser')} ${count === 1 ? 'skips' : 'skip'} the second step for ${formatDuration(lifetime)}.`
