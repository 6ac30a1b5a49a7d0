/** As enumeration.test.ts, for the routes of codes: known, unknown, disabled, locked or an admin's, nobody can tell. */
import { describeAlike } from './support/alike.ts'
import { CODE_ROUTES } from './support/public-routes.ts'

describeAlike(CODE_ROUTES)
