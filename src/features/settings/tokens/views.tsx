import { days } from '@/lib/duration'
import type { ApiToken } from '@/model/api-tokens/api-tokens'
import { Badge } from '@/ui/badge'
import { LinkButton } from '@/ui/button'
import { EmptyState, Fact, Facts } from '@/ui/card'
import { Confirmation } from '@/ui/confirmation'
import { Html, type View } from '@/ui/html'
import { List, ListRow } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { LockBadge } from '@/ui/lock-badge'
import { PageHead, Section } from '@/ui/page-head'
import { Scopes } from './new-token'

const TOKENS_PATH = '/settings/tokens'
const EXPIRES_SOON = days(7)

type TokensProps = {
  tokens: ApiToken[]
  max: number
  tokenPrefix: string
  now: number
  isFresh: boolean
  isPasswordOnly: boolean
}

export const TokensPage = ({ tokens, max, tokenPrefix, now, ...freshness }: TokensProps): View => ({
  title: 'API tokens',
  body: (
    <>
      <PageHead title="API tokens" lead={<Lead />}>
        {tokens.length === 0 ? <></> : <NewTokenLink {...freshness} />}
      </PageHead>
      {tokens.length === 0 ? (
        <EmptyState title="No tokens yet" text={<>A token lets a program access your account.</>}>
          <div class="actions">
            <NewTokenLink {...freshness} />
          </div>
        </EmptyState>
      ) : (
        <Section title="Active tokens" count={`${tokens.length} of ${max}`}>
          <List>
            {tokens.map((token) => (
              <TokenRow token={token} prefix={tokenPrefix} now={now} />
            ))}
          </List>
        </Section>
      )}
    </>
  ),
})

const NewTokenLink = (freshness: Pick<TokensProps, 'isFresh' | 'isPasswordOnly'>) => (
  <>
    <LockBadge {...freshness} /> <LinkButton href={`${TOKENS_PATH}/new`} text="New token" asksForPassword />
  </>
)

const Lead = () => (
  <>
    For programs that access your account. See the <a href="/api/docs">API documentation</a>.
  </>
)

const shortened = (token: ApiToken, prefix: string) => `${prefix}…${token.hint}`

type TokenRowProps = { token: ApiToken; prefix: string; now: number }

const TokenRow = ({ token, prefix, now }: TokenRowProps) => (
  <ListRow
    icon="code"
    title={token.name}
    badges={token.expires_at - now <= EXPIRES_SOON ? <Badge text="Expires soon" tone="warning" /> : undefined}
    line={
      <>
        <code safe>{shortened(token, prefix)}</code> ·{' '}
        {token.last_used_at === null ? (
          'never used'
        ) : (
          <>
            used <LocalTime at={token.last_used_at} />
          </>
        )}{' '}
        · expires <LocalTime at={token.expires_at} />
      </>
    }
    more={
      <Facts>
        <Fact label="Scopes">
          <Scopes token={token} />
        </Fact>
        <Fact label="Created">
          <LocalTime at={token.created_at} show="exact" />
        </Fact>
        <Fact label="Expires">
          <LocalTime at={token.expires_at} show="exact" />
        </Fact>
      </Facts>
    }
    action={
      <LinkButton
        href={revokePath(token)}
        text="Revoke"
        ariaLabel={`Revoke ${token.name}`}
        kind="secondary"
        isSmall
        opensDialog
      />
    }
  />
)

const revokePath = ({ id }: ApiToken) => `${TOKENS_PATH}/${id}/revoke`

type RevokeProps = { token: ApiToken; tokenPrefix: string }

export const RevokeTokenPage = ({ token, tokenPrefix }: RevokeProps) =>
  Confirmation({
    title: `Revoke “${token.name}”?`,
    text:
      `1 API token ends now: ${shortened(token, tokenPrefix)}. ` +
      'Programs that use this token lose access. A revoked token cannot be restored.',
    action: revokePath(token),
    submit: 'Revoke',
    back: TOKENS_PATH,
  })
