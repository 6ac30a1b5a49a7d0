/** The inbox as a page: each mail as it looks, its link, its text; looks for new mail by itself. */
import { Document } from './document.tsx'
import type { DevMail } from './repository.ts'

/** Asks for the newest mail every two seconds and shows the page anew when there is another one. */
const POLL_SCRIPT = `
const title = document.title
const newest = () => document.querySelector('article')?.id ?? ''
setInterval(async () => {
  try {
    const answer = await fetch('/dev/mail.json' + location.search)
    const { items } = await answer.json()
    document.title = title
    if ((items[0]?.id ?? '') !== newest()) location.reload()
  } catch {
    document.title = title + ': the worker does not answer'
  }
}, 2000)
`

export function InboxPage({ mails, to, nonce }: { mails: DevMail[]; to?: string; nonce: string }) {
  return (
    <Document title="Local mail" nonce={nonce} script={POLL_SCRIPT}>
      <h1>Local mail</h1>
      <p>
        {to ? `Mail to ${to}. ` : 'Mail to everybody. '}
        {to && <a href="/dev/mail">Show all</a>}
      </p>
      {mails.length === 0 && <p>No mail yet. This page shows it as it arrives.</p>}
      {mails.map((mail) => (
        <MailArticle {...mail} />
      ))}
    </Document>
  )
}

function MailArticle(mail: DevMail) {
  return (
    <article id={mail.id}>
      <h2>{mail.subject}</h2>
      <dl>
        <dt>To</dt>
        <dd>
          <a href={`/dev/mail?${new URLSearchParams({ to: mail.to })}`}>{mail.to}</a>
        </dd>
        <dt>Template</dt>
        <dd>
          {mail.template} ({mail.locale})
        </dd>
        <dt>Sent</dt>
        <dd>{new Date(mail.sentAt).toISOString()}</dd>
        {mail.link && <dt>Link</dt>}
        {mail.link && (
          <dd>
            <a href={mail.link}>{mail.link}</a>
          </dd>
        )}
        {mail.code && <dt>Code</dt>}
        {mail.code && <dd>{mail.code}</dd>}
      </dl>
      <iframe
        title={`Mail: ${mail.subject}`}
        // No scripts and no origin; a link opens a tab of its own.
        sandbox="allow-popups allow-popups-to-escape-sandbox"
        srcdoc={mail.html.replace('<head>', '<head><base target="_blank">')}
      />
      <details>
        <summary>As text</summary>
        <pre>{mail.text}</pre>
      </details>
    </article>
  )
}
