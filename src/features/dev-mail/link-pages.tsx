/**
 * The pages that mailed links lead to where the worker is its own frontend. Opening one consumes nothing: mail
 * scanners open links too. Only the button POSTs the token. The token is never part of the page; its script reads it
 * from the address, and takes it out of the address bar.
 */
import { Document } from './document.tsx'

const VERIFY_SCRIPT = `
const token = new URLSearchParams(location.search).get('token')
const button = document.querySelector('button')
const answer = document.querySelector('output')
history.replaceState(null, '', location.pathname)
if (!token) {
  button.disabled = true
  answer.textContent = 'This address carries no token. Open the link in the mail again.'
}
button.addEventListener('click', async () => {
  button.disabled = true
  answer.textContent = 'One moment …'
  try {
    const response = await fetch('/api/v1/auth/verify-email', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
    })
    const { message } = await response.json()
    answer.textContent = message
    document.querySelector('#next').hidden = !response.ok
    button.disabled = response.status < 500 && response.status !== 429
  } catch {
    answer.textContent = 'The service cannot be reached. Please try again.'
    button.disabled = false
  }
})
`

/** GET /verify-email */
export function VerifyEmailPage({ appName, nonce }: { appName: string; nonce: string }) {
  return (
    <Document title={`${appName}: confirm your email address`} nonce={nonce} script={VERIFY_SCRIPT}>
      <h1>Confirm your email address</h1>
      <p>With this button you confirm that the mail reached you.</p>
      <p>
        <button type="button">Confirm</button>
      </p>
      <p>
        <output aria-live="polite" />
      </p>
      <p id="next" hidden>
        Next an admin reviews your community; a mail tells you what was decided, and then you can
        log in. Locally you are the admin yourself: <a href="/docs">the docs</a> say how, and{' '}
        <a href="/dev/mail">the inbox</a> has the mail.
      </p>
      <noscript>
        <p>This page needs JavaScript to send the confirmation.</p>
      </noscript>
    </Document>
  )
}
