/** What the client believes of each route, held to the API's own document. */
import * as z from 'zod'
import { endsSession, isKeyed, isPublic } from '../../client/src/routes.ts'
import { type Checks, expectSame } from '../smoke/checks.ts'
import type { World } from './world.ts'

const operation = z.object({
  security: z.array(z.record(z.string(), z.unknown())).optional(),
  parameters: z.array(z.object({ name: z.string() }).loose()).optional(),
})
/** Called by the client alone, which presents the refresh token itself. */
const OWN = /\/auth\/(?:refresh|csrf)$/
const document = z.object({ paths: z.record(z.string(), z.record(z.string(), operation)) })

export async function checkRoutes({ check }: Checks, { http }: World): Promise<void> {
  const { json } = await http.expect(200, 'GET', '/openapi.json')
  const routes = Object.entries(document.parse(json).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ path, method: method.toUpperCase(), one })),
  )
  await check('each route that asks who it is gets told, and beneath /auth no other', () => {
    const isAsked = ({ one }: (typeof routes)[number]) => (one.security ?? []).length > 0
    const inApi = routes.filter(({ path }) => path.startsWith('/api/') && !OWN.test(path))
    const forgotten = inApi.filter((route) => isAsked(route) && isPublic(route.path))
    const told = inApi.filter(
      (route) => !isAsked(route) && !isPublic(route.path) && route.path.includes('/auth/'),
    )
    expectSame(
      'forgotten',
      forgotten.map(({ path }) => path),
      [],
    )
    expectSame(
      'told in vain',
      told.map(({ path }) => path),
      [],
    )
  })
  await check('each route that takes an idempotency key is given one', () => {
    const takesKey = routes.filter(({ one }) =>
      one.parameters?.some(({ name }) => /^idempotency-key$/i.test(name)),
    )
    expectSame(
      'keyed',
      takesKey.map(({ path }) => isKeyed(path)),
      takesKey.map(() => true),
    )
    expectSame('there is one', takesKey.length > 0, true)
  })
  await check('the routes that end this session exist', () => {
    const none = new URLSearchParams()
    const ending = routes.filter(({ method, path }) => endsSession(method, path, none))
    expectSame('paths', ending.length >= 6, true)
  })
}
