/**
 * The pages that mailed links lead to where the worker is its own frontend. Opening one consumes nothing: mail
 * scanners open links too. Only the button POSTs the token. The token is never part of the page; its script reads it
 * from the address, and takes it out of the address bar.
 */
import type { Child } from 'hono/jsx'
import { Document } from './document.tsx'

/** POSTs the form's fields and the token; the form is out of use once its token is. */
const SCRIPT = `
const token = new URLSearchParams(location.search).get('token')
const form = document.querySelector('form')
const button = document.querySelector('button')
const answer = document.querySelector('output')
history.replaceState(null, '', location.pathname)
if (!token) {
  button.disabled = true
  answer.textContent = 'This address carries no token. Open the link in the mail again.'
}
form.addEventListener('submit', async (event) => {
  event.preventDefault()
  button.disabled = true
  answer.textContent = 'One moment …'
  try {
    const response = await fetch(form.dataset.path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token, ...Object.fromEntries(new FormData(form)) }),
    })
    const { message, code = '', errors = {} } = await response.json()
    answer.textContent = [message, ...Object.values(errors)].join(' ')
    document.querySelector('#next').hidden = !response.ok
    button.disabled = response.ok || code.startsWith('token_')
  } catch {
    answer.textContent = 'The service cannot be reached. Please try again.'
    button.disabled = false
  }
})
`

interface PageProps {
  appName: string
  nonce: string
}

/** GET /verify-email */
export function VerifyEmailPage(props: PageProps) {
  return (
    <LinkPage
      {...props}
      title="Confirm your email address"
      path="/api/v1/auth/verify-email"
      button="Confirm"
      next={
        <>
          Next an admin reviews your community; a mail tells you what was decided, and then you can
          log in. Locally you are the admin yourself: <a href="/docs">the docs</a> say how, and{' '}
          <a href="/dev/mail">the inbox</a> has the mail.
        </>
      }
    >
      <p>With this button you confirm that the mail reached you.</p>
    </LinkPage>
  )
}

/** GET /reset-password */
export function ResetPasswordPage(props: PageProps) {
  return (
    <LinkPage
      {...props}
      title="Choose a new password"
      path="/api/v1/auth/reset-password"
      button="Set the password"
      next={
        <>
          Now log in with the new password, for example in <a href="/docs">the docs</a>.
        </>
      }
    >
      <p>All your sessions end when the new password is set.</p>
      <PasswordField name="password" label="New password" />
      <PasswordField name="confirmPassword" label="The same once more" />
    </LinkPage>
  )
}

/** GET /not-me */
export function NotMePage(props: PageProps) {
  return (
    <LinkPage
      {...props}
      title="This was not me"
      path="/api/v1/auth/not-me"
      button="End that session"
      next={
        <>
          Now choose a new password: <a href="/dev/mail">the inbox</a> has the mail with the link.
        </>
      }
    >
      <p>With this button you end the session of that login, and its device is forgotten.</p>
    </LinkPage>
  )
}

interface LinkPageProps extends PageProps {
  title: string
  /** Where the token is POSTed to. */
  path: string
  button: string
  /** Shown once that has worked. */
  next: Child
  children: Child
}

function LinkPage({ appName, nonce, title, path, button, next, children }: LinkPageProps) {
  return (
    <Document title={`${appName}: ${title}`} nonce={nonce} script={SCRIPT}>
      <h1>{title}</h1>
      <form data-path={path}>
        {children}
        <p>
          <button type="submit">{button}</button>
        </p>
      </form>
      <p>
        <output aria-live="polite" />
      </p>
      <p id="next" hidden>
        {next}
      </p>
      <noscript>
        <p>This page needs JavaScript.</p>
      </noscript>
    </Document>
  )
}

function PasswordField({ name, label }: { name: string; label: string }) {
  return (
    <p>
      <label>
        {label}
        <br />
        <input name={name} type="password" autocomplete="new-password" required />
      </label>
    </p>
  )
}
