/** No hint and no secret question stands beside a password, in no table and in no body. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { bodyOf, openApiDocument, walk } from '../http/open-api-document.ts'

const HINT = /hint|question|answer|reminder|mother|maiden|\bpet\b/i

describe('a password hint', () => {
  it('has no column', async () => {
    const { results } = await env.DB.prepare(
      `SELECT m.name || '.' || c.name AS name FROM sqlite_master m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '\\_cf%' ESCAPE '\\'`,
    ).all<{ name: string }>()
    const names = results.map(({ name }) => name)
    expect(names).toContain('users.password_hash')
    expect(names.filter((name) => HINT.test(name))).toEqual([])
  })

  it('has no field in any body', async () => {
    const { paths } = await openApiDocument()
    const fields = Object.entries(paths).flatMap(([path, methods]) =>
      Object.values(methods).flatMap((operation) =>
        walk(bodyOf(operation) ?? {}).map(([at]) => `${path} ${at}`),
      ),
    )
    expect(fields.some((name) => name.endsWith('$.password'))).toBe(true)
    expect(fields.filter((name) => HINT.test(name.split(' ')[1] ?? ''))).toEqual([])
  })
})
