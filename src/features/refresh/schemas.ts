import * as z from 'zod'
import { refreshTokenField } from '../sessions/presented-token.ts'
import { tokenFields } from '../sessions/tokens.ts'

export const refreshBody = z.object({ refreshToken: refreshTokenField })

export const refreshData = z.object(tokenFields)

export const csrfData = z.object({ csrfToken: z.string() })
