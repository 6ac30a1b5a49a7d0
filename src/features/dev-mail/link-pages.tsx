/**
 * The pages that mailed links lead to where the worker is its own frontend. Opening one consumes nothing: mail
 * scanners open links too. Only the button POSTs the token. The token is never part of the page; its script reads it
 * from the address, and takes it out of the address bar.
 */
import type { Child } from 'hono/jsx'
import { Document } from './document.tsx'

/** POSTs the token and the form's fields that are filled in; the form is out of use once its token is. */
const SCRIPT = `
const token = new URLSearchParams(location.search).get('token')
const form = document.querySelector('form')
const button = document.querySelector('button')
const answer = document.querySelector('output')
const filledIn = () => Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''))
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
      body: JSON.stringify({ token, ...filledIn() }),
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

/** GET /magic-link */
export function MagicLinkPage(props: PageProps) {
  return (
    <LinkPage
      {...props}
      title="Use the link"
      path="/api/v1/auth/verify-magic"
      button="Go on"
      next={
        <>
          With an account, this browser is logged in now: <a href="/docs">the docs</a> can be tried
          with its cookies. Without one, the answer holds a <code>signupToken</code> for the signup.
        </>
      }
    >
      <p>
        The link works in the browser that asked for it. Who asked by other means enters the{' '}
        <code>flowId</code> of the answer.
      </p>
      <TextField name="flowId" label="flowId (a browser that asked leaves it empty)" />
      <SessionInCookies />
    </LinkPage>
  )
}

/** GET /accept-invite */
export function AcceptInvitePage(props: PageProps) {
  return (
    <LinkPage
      {...props}
      title="Accept the invitation"
      path="/api/v1/auth/accept-invite"
      button="Join"
      next={
        <>
          You are a member and logged in: <a href="/docs">the docs</a> can be tried with the cookies
          of this browser.
        </>
      }
    >
      <p>
        Without a name, the name comes from the address; without a password, you log in by code. An
        address that has an account logs in and confirms instead:{' '}
        <code>POST /invitations/confirm</code>.
      </p>
      <TextField name="fullName" label="Name" />
      <PasswordField name="password" label="Password" isOptional />
      <SessionInCookies />
    </LinkPage>
  )
}

/** GET /revert-email */
export function RevertEmailPage(props: PageProps) {
  return (
    <LinkPage
      {...props}
      title="Undo the change of your address"
      path="/api/v1/auth/revert-email"
      button="Take the address back"
      next={
        <>
          Now choose a new password: <a href="/dev/mail">the inbox</a> has the mail with the link.
        </>
      }
    >
      <p>The address comes back, the password is cleared, and all sessions end.</p>
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

function PasswordField({
  name,
  label,
  isOptional = false,
}: {
  name: string
  label: string
  isOptional?: boolean
}) {
  return (
    <p>
      <label>
        {label}
        <br />
        <input name={name} type="password" autocomplete="new-password" required={!isOptional} />
      </label>
    </p>
  )
}

/** Nothing else of this browser would know an access token. */
const SessionInCookies = () => <input type="hidden" name="tokenTransport" value="cookie" />

/** May stay empty: then it is left out. */
function TextField({ name, label }: { name: string; label: string }) {
  return (
    <p>
      <label>
        {label}
        <br />
        <input name={name} autocomplete="off" />
      </label>
    </p>
  )
}
