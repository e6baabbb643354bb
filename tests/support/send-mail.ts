import type { MailMessage, Sender, SmtpServer, TestReceipt } from '@/lib/mail-message'
import { codeOf, openSmtp, outcomeOf, sendOnce } from '@/lib/smtp'

// Also a program: a process reads NODE_EXTRA_CA_CERTS only when it starts.
type Sending = { server: SmtpServer; sender: Sender; message: MailMessage }

/** What happened to the mail: through the pool of the mail job, and then over a connection of its own. */
export async function sendBothWays({ server, sender, message }: Sending) {
  const mailer = openSmtp(server, sender)
  const pooled = await settle(mailer.send(message))
  await mailer.close()
  return { pooled, once: await settle(sendOnce(server, sender, message)) }
}

type Settled = { response?: string; tls?: string; outcome?: string; code?: string }

const settle = (sent: Promise<TestReceipt>): Promise<Settled> =>
  sent.then(
    (receipt) => receipt,
    (error: unknown) => ({ outcome: outcomeOf(error), code: codeOf(error) }),
  )

/** As above, in a process that trusts this authority. */
export async function sendWithAuthority(ca: string, sending: Sending) {
  const child = Bun.spawn([process.execPath, '--no-env-file', import.meta.path, JSON.stringify(sending)], {
    env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: ca },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, error] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  if ((await child.exited) !== 0) throw new Error(error)
  const result: Awaited<ReturnType<typeof sendBothWays>> = JSON.parse(out)
  return result
}

if (import.meta.main) console.log(JSON.stringify(await sendBothWays(JSON.parse(process.argv[2] ?? ''))))
