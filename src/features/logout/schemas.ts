import * as z from 'zod'
import { refreshTokenField } from '../sessions/presented-token.ts'

export const logoutBody = z.object({ refreshToken: refreshTokenField })
