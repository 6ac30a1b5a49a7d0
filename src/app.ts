/** The app: order of middleware, mounts, and the one place where errors become answers. */

import { DrizzleError, DrizzleQueryError } from 'drizzle-orm/errors'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { accountRoutes } from './features/account/routes.ts'
import { adminRoutes } from './features/admin/routes.ts'
import { adminMailRoutes } from './features/admin-mail/routes.ts'
import { adminUserRoutes } from './features/admin-users/routes.ts'
import { auditRoutes } from './features/audit/routes.ts'
import { communityRoutes } from './features/communities/routes.ts'
import { devMailRoutes } from './features/dev-mail/routes.ts'
import { emailChangeRoutes } from './features/email-change/routes.ts'
import { emailDomainRoutes } from './features/email-domains/routes.ts'
import { emailVerificationRoutes } from './features/email-verification/routes.ts'
import { healthRoutes } from './features/health/routes.ts'
import { invitationRoutes } from './features/invitations/routes.ts'
import { jwksRoutes } from './features/jwks/routes.ts'
import { loginRoutes } from './features/login/routes.ts'
import { logoRoutes } from './features/logos/routes.ts'
import { logoutRoutes } from './features/logout/routes.ts'
import { memberRoutes } from './features/members/routes.ts'
import { newDeviceRoutes } from './features/new-device/routes.ts'
import { numberRoutes } from './features/numbers/routes.ts'
import { oneTimeCodeRoutes } from './features/one-time-codes/routes.ts'
import { passwordRoutes } from './features/passwords/routes.ts'
import { personalDataRoutes } from './features/personal-data/routes.ts'
import { refreshRoutes } from './features/refresh/routes.ts'
import { securityTxtRoutes } from './features/security-txt/routes.ts'
import { sessionRoutes } from './features/sessions/routes.ts'
import { signupRoutes } from './features/signup/routes.ts'
import { isDevPath } from './http/dev-paths.ts'
import { documentationRoutes } from './http/documentation.ts'
import { ApiError, errorResponse } from './http/errors.ts'
import { type AppEnv, factory } from './http/factory.ts'
import { createLog, errorFields, type Log } from './log.ts'
import { cors } from './middleware/cors.ts'
import { dependencies } from './middleware/dependencies.ts'
import { requestContext } from './middleware/request-context.ts'
import { securityHeaders } from './middleware/security-headers.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

function apiRoutes() {
  return factory
    .createApp()
    .route('/', signupRoutes)
    .route('/', emailVerificationRoutes)
    .route('/', loginRoutes)
    .route('/', refreshRoutes)
    .route('/', logoutRoutes)
    .route('/', sessionRoutes)
    .route('/', newDeviceRoutes)
    .route('/', passwordRoutes)
    .route('/', oneTimeCodeRoutes)
    .route('/', accountRoutes)
    .route('/', emailChangeRoutes)
    .route('/', personalDataRoutes)
    .route('/', invitationRoutes)
    .route('/', memberRoutes)
    .route('/', communityRoutes)
    .route('/', logoRoutes)
    .route('/', adminRoutes)
    .route('/', adminUserRoutes)
    .route('/', adminMailRoutes)
    .route('/', emailDomainRoutes)
    .route('/', auditRoutes)
    .route('/', numberRoutes)
}

/** `AppType` is what `hc<AppType>` speaks. */
export type AppType = ReturnType<typeof createApp>

export function createApp() {
  const app = new Hono<AppEnv>()
  app.use(securityHeaders)
  app.use(requestContext)
  // Answers before configuration is looked at; everything below needs it.
  app.route('/', healthRoutes)
  app.use(dependencies)
  app.use(cors)
  app.onError((error, c) => {
    const log = c.get('deps')?.log ?? createLog('error', { requestId: c.get('requestId') })
    const refusal = toApiError(error, log)
    c.set('refusal', { refused: refusal.code, reason: refusal.extras.reason })
    return errorResponse(c, refusal)
  })
  app.notFound((c) => {
    const isHidden = isDevPath(c.req.path) && c.get('deps').config.environment !== 'dev'
    const allowed = METHODS.filter((method) => !isHidden && answers(app, method, c.req.path))
    if (allowed.length === 0) return errorResponse(c, new ApiError('not_found'))
    // Hono answers HEAD wherever it answers GET.
    c.header(
      'Allow',
      allowed.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])).join(', '),
    )
    return errorResponse(c, new ApiError('method_not_allowed'))
  })
  return app
    .route('/api/v1', apiRoutes())
    .route('/', jwksRoutes)
    .route('/', securityTxtRoutes)
    .route('/', HAS_DEV_PAGES ? devMailRoutes : factory.createApp())
    .route('/', documentationRoutes)
}

/** Is there a route, not mere middleware, for this method and path? */
function answers(app: Hono<AppEnv>, method: string, path: string): boolean {
  const [handlers] = app.router.match(method, path)
  return handlers.some(([[, route]]) => route.method === method)
}

/** A known refusal as it is; an outage as 503; anything else as 500 that says nothing. */
function toApiError(error: Error, log: Log): ApiError {
  if (error instanceof ApiError) {
    if (error.extras.cause) log.error('failed', errorFields(error.extras.cause))
    return error
  }
  if (error instanceof HTTPException && error.status === 400) {
    return new ApiError('invalid_json')
  }
  const isOutage =
    error instanceof DrizzleQueryError ||
    error instanceof DrizzleError ||
    /^D1_/.test(error.message)
  log.error(isOutage ? 'database_failed' : 'unexpected_error', errorFields(error))
  return isOutage
    ? new ApiError('unavailable', { retryAfterSeconds: 1 })
    : new ApiError('internal_error')
}
