import { Badge } from '@/ui/badge'
import { Html } from '@/ui/html'
import { List, ListRow } from '@/ui/list-row'
import { Section } from '@/ui/page-head'

/** For the developer of the app. Production has no such panel. */
export const NextSteps = ({ signupUrl }: { signupUrl?: string }) => (
  <div class="narrow">
    <Section
      title="Next steps"
      aside={<Badge text="Development" tone="info" />}
      text="Production does not show this panel."
    >
      <List>
        <ListRow
          number={1}
          title="Create an account"
          line={
            signupUrl === undefined ? (
              <code>bun run user create EMAIL --name NAME</code>
            ) : (
              <>
                <a href={Html.escapeHtml(signupUrl)}>Sign up</a> with any address, for example ann@example.com
              </>
            )
          }
        />
        <ListRow number={2} title="Make it an admin" line={<code>bun run user role EMAIL admin</code>} />
        <ListRow number={3} title="Change this page" line={<code>src/features/home/views.tsx</code>} />
        <ListRow
          number={4}
          title="Add a page"
          line={
            <>
              <code>bun run new feature NAME</code>, explained in <code>docs/add-a-page.md</code>
            </>
          }
        />
        <ListRow
          number={5}
          title="Set the name and the colors"
          line={
            <>
              <code>src/config/branding.ts</code> and <code>public/styles/theme.css</code>
            </>
          }
        />
        <ListRow number={6} title="See every component" line={<a href="/styleguide">Style guide</a>} />
      </List>
    </Section>
  </div>
)
