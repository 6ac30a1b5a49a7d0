import * as z from 'zod'
import { SERVICES } from './readiness.ts'

export const health = z.object({ status: z.literal('ok'), timestamp: z.iso.datetime() })

export const readiness = z.object({
  status: z.enum(['healthy', 'degraded']),
  timestamp: z.iso.datetime().describe('When it was found: up to five seconds ago.'),
  services: z.record(z.enum(SERVICES), z.enum(['up', 'down'])),
})
