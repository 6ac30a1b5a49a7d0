/** Routes that whoever comes may send something to, and the limits that count it. */
import {
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postVerification,
  signedUp,
  signupForm,
  unique,
} from '../factories.ts'
import { NEW, resetLinkOf, unknownAddress, WRONG } from '../features/passwords/password-client.ts'
import { codeFor, emailChanged, linkFor } from '../http/working-mail-calls.ts'
import { addressHere, askForCode, invited, otherCode, ownerHere } from '../mailbox-client.ts'
import { mailedToken, openSession } from '../session-client.ts'
import { API, call } from '../support/call.ts'
import {
  BAD_BODIES,
  BROKEN,
  EMPTY,
  FOREIGN,
  GENERAL,
  HOUR_SECONDS,
  type LimitedRoute,
  MINUTE_SECONDS,
  post,
  UNTYPED,
} from './limit-tries.ts'

/** A password that everybody has. */
const COMMON = { password: 'Password1!', confirmPassword: 'Password1!' }

const SIGNUP = 'POST /api/v1/auth/signup-community'

/** A signup that is remembered by its key, and the same again. */
async function repeatedSignup() {
  const form = signupForm()
  const headers = { 'Idempotency-Key': unique() }
  await call(`${API}/auth/signup-community`, { body: form, headers })
  return { form, headers }
}

const mailForm = () => [
  post('202', { email: unknownAddress() }),
  post('422 validation_failed', { email: 'nobody' }),
  ...BAD_BODIES,
]

/** An address that has been sent all the codes that it may be. */
async function mailedEnough(purpose: 'login' | 'signup') {
  const email = unknownAddress()
  for (let n = 0; n < 3; n++) await askForCode(email, purpose)
  return email
}

const CODES = {
  policy: 'code',
  variable: 'CODE_LIMIT_PER_HOUR',
  limit: 30,
  windowSeconds: HOUR_SECONDS,
  counts: 'every request',
  again: EMPTY,
} as const

const LOGINS = {
  policy: 'login',
  variable: 'LOGIN_LIMIT_PER_MINUTE',
  limit: 10,
  windowSeconds: MINUTE_SECONDS,
  counts: 'every request',
  again: EMPTY,
} as const

export const PUBLIC_ROUTES: LimitedRoute[] = [
  {
    route: SIGNUP,
    ...GENERAL,
    again: EMPTY,
    counted: async () => [
      post('201', signupForm()),
      post('409 community_exists', (await signedUp()).form),
      post('400 password_rejected', signupForm(COMMON)),
      EMPTY,
      BROKEN,
      UNTYPED,
      { answer: '413 payload_too_large', send: { body: 'x'.repeat(3_700_000) } },
      FOREIGN,
    ],
  },
  {
    route: SIGNUP,
    policy: 'signup',
    variable: 'SIGNUP_LIMIT_PER_HOUR',
    limit: 5,
    windowSeconds: HOUR_SECONDS,
    counts: 'valid bodies',
    again: post('400 email_rejected', signupForm({ email: 'mira@mailinator.com' })),
    counted: async () => {
      const { form, headers } = await repeatedSignup()
      return [
        post('201', signupForm()),
        post('201', form, { headers }),
        post('422 idempotency_key_reused', signupForm(), { headers }),
        post('409 community_exists', (await signedUp()).form),
        post('400 email_rejected', signupForm({ email: 'mira@mailinator.com' })),
      ]
    },
    free: async () => [
      post('400 password_rejected', signupForm(COMMON)),
      post('422 validation_failed', signupForm({ city: '' })),
      post('422 validation_failed', signupForm(), { headers: { 'Idempotency-Key': '' } }),
      FOREIGN,
      EMPTY,
      BROKEN,
      UNTYPED,
    ],
  },
  {
    route: 'POST /api/v1/auth/verify-email',
    policy: 'verification',
    variable: 'VERIFICATION_LIMIT_PER_HOUR',
    limit: 20,
    windowSeconds: HOUR_SECONDS,
    counts: 'every request',
    again: post('400 token_invalid', { token: 'x' }),
    counted: async () => {
      const used = await linkTokenOf((await signedUp()).communityId)
      await postVerification(used)
      return [
        post('200', { token: await linkTokenOf((await signedUp()).communityId) }),
        post('400 token_used', { token: used }),
        post('400 token_invalid', { token: 'x' }),
        FOREIGN,
        ...BAD_BODIES,
      ]
    },
  },
  {
    route: 'POST /api/v1/auth/resend-verification',
    policy: 'resend',
    variable: 'RESEND_LIMIT_PER_HOUR',
    limit: 5,
    windowSeconds: HOUR_SECONDS,
    counts: 'every request',
    again: EMPTY,
    counted: async () => [post('202', { email: (await signedUp()).email }), ...mailForm()],
  },
  {
    route: 'POST /api/v1/auth/login',
    ...LOGINS,
    counted: async () => {
      const { email } = await ownerIn('active')
      return [
        post('200', { email, password: PASSWORD }),
        post('401 invalid_credentials', { email, password: WRONG }),
        post('401 invalid_credentials', { email: unknownAddress(), password: WRONG }),
        post('403 community_not_approved', {
          email: (await ownerIn('pending')).email,
          password: PASSWORD,
        }),
        post('403 email_not_verified', { email: (await signedUp()).email, password: PASSWORD }),
        FOREIGN,
        ...BAD_BODIES,
      ]
    },
  },
  {
    route: 'POST /api/v1/auth/not-me',
    ...GENERAL,
    again: EMPTY,
    counted: async () => {
      const person = await ownerIn('active')
      for (let n = 0; n < 2; n++) await openSession(person)
      const token = await mailedToken(person.email, 'not_me')
      return [
        post('200', { token }),
        post('400 token_used', { token }),
        post('400 token_invalid', { token: 'x' }),
        FOREIGN,
        ...BAD_BODIES,
      ]
    },
  },
  {
    route: 'POST /api/v1/auth/forgot-password',
    policy: 'forgot',
    variable: 'FORGOT_LIMIT_PER_HOUR',
    limit: 5,
    windowSeconds: HOUR_SECONDS,
    counts: 'every request',
    again: EMPTY,
    counted: async () => [post('202', { email: (await ownerIn('active')).email }), ...mailForm()],
  },
  {
    route: 'POST /api/v1/auth/verify-reset-token',
    ...GENERAL,
    again: EMPTY,
    counted: async () => {
      const token = await resetLinkOf((await ownerIn('active')).email)
      return [post('200', { token }), post('200', { token: 'x' }), ...BAD_BODIES]
    },
  },
  {
    route: 'POST /api/v1/auth/reset-password',
    policy: 'reset',
    variable: 'RESET_LIMIT_PER_HOUR',
    limit: 5,
    windowSeconds: HOUR_SECONDS,
    counts: 'every request',
    again: EMPTY,
    counted: async () => {
      const token = await resetLinkOf((await ownerIn('active')).email)
      return [
        post('200', { token, password: NEW }),
        post('400 token_used', { token, password: NEW }),
        post('400 token_invalid', { token: 'x', password: NEW }),
        // No genuine link: whatever its password, it is a guess.
        post('400 token_invalid', { token: 'x', password: 'Password1!' }),
        FOREIGN,
        ...BAD_BODIES,
      ]
    },
  },
  {
    route: 'POST /api/v1/auth/send-otp',
    ...CODES,
    counted: async () => [
      post('202', { email: (await ownerIn('active')).email }),
      post('202', { email: unknownAddress() }),
      post('429 rate_limited', { email: await mailedEnough('login') }),
      FOREIGN,
      ...BAD_BODIES,
    ],
  },
  {
    route: 'POST /api/v1/auth/send-signup-otp',
    ...CODES,
    counted: async () => [
      post('202', { email: unknownAddress() }),
      post('202', { email: (await ownerIn('active')).email }),
      post('429 rate_limited', { email: await mailedEnough('signup') }),
      FOREIGN,
      ...BAD_BODIES,
    ],
  },
  {
    route: 'POST /api/v1/auth/verify-otp',
    ...LOGINS,
    counted: async () => {
      const { email } = await ownerIn('active')
      const right = await codeFor(email)
      const waiting = await codeFor((await ownerIn('pending')).email)
      return [
        post('200', right),
        post('200', await codeFor(unknownAddress(), 'signup')),
        post('400 code_invalid', { ...right, code: otherCode(right.code) }),
        post('400 code_invalid', { email: unknownAddress(), code: '123456' }),
        post('403 community_not_approved', waiting),
        FOREIGN,
        ...BAD_BODIES,
      ]
    },
  },
  {
    route: 'POST /api/v1/auth/verify-magic',
    ...LOGINS,
    counted: async () => {
      const right = await linkFor((await ownerIn('active')).email)
      const { token } = await linkFor((await ownerIn('active')).email)
      return [
        post('200', right),
        post('200', await linkFor(unknownAddress(), 'signup')),
        post('400 token_used', right),
        post('400 token_invalid', { token: 'x' }),
        post('403 wrong_browser', { token }),
        post('403 community_not_approved', await linkFor((await ownerIn('pending')).email)),
        FOREIGN,
        ...BAD_BODIES,
      ]
    },
  },
  {
    route: 'POST /api/v1/auth/accept-invite',
    ...GENERAL,
    again: EMPTY,
    counted: async () => {
      const owner = await ownerHere()
      const { token } = await invited(owner, addressHere())
      const taken = await invited(owner, (await ownerIn('active')).email)
      return [
        post('200', { token }),
        post('400 token_used', { token }),
        post('400 token_invalid', { token: 'x' }),
        post('409 account_exists', { token: taken.token }),
        FOREIGN,
        ...BAD_BODIES,
      ]
    },
  },
  {
    route: 'POST /api/v1/auth/revert-email',
    ...GENERAL,
    again: EMPTY,
    counted: async () => {
      const { token } = await emailChanged(await ownerHere())
      return [
        post('200', { token }),
        post('400 token_used', { token }),
        post('400 token_invalid', { token: 'x' }),
        FOREIGN,
        ...BAD_BODIES,
      ]
    },
  },
]
