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
    policy: 'login',
    variable: 'LOGIN_LIMIT_PER_MINUTE',
    limit: 10,
    windowSeconds: MINUTE_SECONDS,
    counts: 'every request',
    again: EMPTY,
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
]
