/**
 * The frame of the local pages. Their policy allows exactly this page's own script (by nonce), styles, and calls to
 * this worker; no form, no frame around it, nothing from elsewhere.
 */
import { raw } from 'hono/html'
import type { Child } from 'hono/jsx'

const STYLES = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 56rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
article { border: 1px solid; border-radius: 0.5rem; padding: 0 1rem 1rem; margin: 1rem 0; }
iframe { width: 100%; height: 26rem; border: 0; border-radius: 0.5rem; }
pre { white-space: pre-wrap; }
button, input { font: inherit; padding: 0.75rem 1.5rem; }
button { cursor: pointer; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; }
dd { margin: 0; }
`

interface DocumentProps {
  title: string
  nonce: string
  /** Our own code, without any value from outside. */
  script: string
  children?: Child
}

export function Document({ title, nonce, script, children }: DocumentProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <style>{STYLES}</style>
      </head>
      <body>
        <main>{children}</main>
        <script nonce={nonce}>{raw(script)}</script>
      </body>
    </html>
  )
}

/** Inline styles are allowed because the mails in the inbox bring theirs; scripts are not. */
export function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "style-src 'unsafe-inline'",
    "connect-src 'self'",
    "frame-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
