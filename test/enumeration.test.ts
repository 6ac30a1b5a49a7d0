/** Nobody learns whether an address is known: each route against each kind of address, answer and work compared. */
import { describe, expect, it } from 'vitest'
import { bodyOf, openApiDocument } from './http/open-api-document.ts'
import { describeAlike } from './support/alike.ts'
import { CODE_ROUTES, PUBLIC_ROUTES } from './support/public-routes.ts'

describe('the table of these tests', () => {
  it('has every route that a stranger sends an address to', async () => {
    const { paths } = await openApiDocument()
    const open = Object.entries(paths).filter(([, { post }]) => post?.security.length === 0)
    const asked = open.filter(([, { post }]) => bodyOf(post)?.properties?.email !== undefined)
    const tested = new Set(PUBLIC_ROUTES.map(({ path }) => path))
    expect(asked.map(([path]) => path).sort()).toEqual([...tested].sort())
  })
})

describeAlike(PUBLIC_ROUTES.filter((route) => !CODE_ROUTES.includes(route)))
