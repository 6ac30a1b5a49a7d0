/**
 * One layout for every mail, as HTML and as text, from the same content. `html` escapes each value; the text part
 * holds them as they are. No images, nothing loaded from anywhere; light and dark; fits a phone, however long the link.
 */
import { html } from 'hono/html'
import { safeSubject } from './safe-name.ts'
import type { Locale } from './texts.ts'

export interface MailContent {
  locale: Locale
  subject: string
  greeting: string
  paragraphs: readonly string[]
  /** Short lines that belong together. */
  facts?: readonly string[]
  code?: string
  quote?: { label: string; text: string }
  action?: { label: string; link: string; hint: string }
  closing: readonly string[]
  footer: string
}

export interface RenderedMail {
  subject: string
  text: string
  html: string
}

/** Plain CSS without quotes or angle brackets, which would be escaped. */
const STYLES = `
body { margin: 0; padding: 0; background: #f3f4f6; }
.card { background: #ffffff; color: #1f2328; }
.quiet { color: #57606a; }
.button { background: #1a5fb4; color: #ffffff; }
.link { color: #1a5fb4; }
.quote { border-color: #d0d7de; }
@media (prefers-color-scheme: dark) {
  body, .page { background: #0d1117 !important; }
  .card { background: #161b22 !important; color: #e6edf3 !important; }
  .quiet { color: #9da7b3 !important; }
  .button { background: #2f6feb !important; color: #ffffff !important; }
  .link { color: #79b8ff !important; }
  .quote { border-color: #30363d !important; }
}
@media (max-width: 480px) { .card { padding: 20px !important; } }
`

const PAGE =
  'background:#f3f4f6;margin:0;padding:16px 8px;font-family:system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5'
const CARD =
  'box-sizing:border-box;max-width:600px;margin:0 auto;padding:32px;border-radius:8px;background:#ffffff;color:#1f2328;overflow-wrap:anywhere;word-break:break-word'
const BUTTON =
  'display:inline-block;padding:12px 24px;border-radius:6px;background:#1a5fb4;color:#ffffff;font-weight:600;text-decoration:none'
const FACTS = 'white-space:pre-line;font-weight:600'
const CODE = 'margin:24px 0;font-size:32px;font-weight:600;letter-spacing:6px'
const QUOTE = 'margin:16px 0;padding:4px 16px;border-left:4px solid #d0d7de;white-space:pre-line'

/** The mail of this content. The subject comes out as one line without markup. */
export function renderLayout(content: MailContent): RenderedMail {
  const subject = safeSubject(content.subject)
  const page = toPage({ ...content, subject })
  return { subject, text: toText(content), html: `<!doctype html>${page}` }
}

function toPage(content: MailContent) {
  return html`<html lang="${content.locale === 'zh' ? 'zh-Hans' : content.locale}">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta name="supported-color-schemes" content="light dark"/>
<title>${content.subject}</title>
<style>${STYLES}</style>
</head>
<body>
<div class="page" style="${PAGE}">
<main class="card" style="${CARD}">
${toBody(content)}
</main>
</div>
</body>
</html>`
}

function toBody(content: MailContent) {
  const { greeting, paragraphs, facts, code, quote, action, closing, footer } = content
  return [
    ...[greeting, ...paragraphs].map(toParagraph),
    facts && html`<p style="${FACTS}">${facts.join('\n')}</p>`,
    code && html`<p style="${CODE}">${code}</p>`,
    quote && toParagraph(quote.label),
    quote && html`<blockquote class="quote" style="${QUOTE}">${quote.text}</blockquote>`,
    action && toAction(action),
    ...closing.map(toParagraph),
    html`<p class="quiet" style="margin-top:32px;font-size:14px;color:#57606a">${footer}</p>`,
  ]
}

const toParagraph = (text: string) => html`<p>${text}</p>`

function toAction({ label, link, hint }: { label: string; link: string; hint: string }) {
  return html`<p style="margin:24px 0"><a class="button" style="${BUTTON}" href="${link}">${label}</a></p>
<p class="quiet" style="font-size:14px;color:#57606a">${hint}<br/>
<a class="link" style="color:#1a5fb4;word-break:break-all" href="${link}">${link}</a></p>`
}

function toText(content: MailContent): string {
  const { greeting, paragraphs, facts, code, quote, action, closing, footer } = content
  const blocks = [greeting, ...paragraphs]
  if (facts) blocks.push(facts.join('\n'))
  if (code) blocks.push(code)
  if (quote) blocks.push(`${quote.label}\n\n${quote.text.replace(/^/gm, '> ')}`)
  if (action) blocks.push(`${action.label}:\n${action.link}`)
  return `${[...blocks, ...closing, `-- \n${footer}`].join('\n\n')}\n`
}
