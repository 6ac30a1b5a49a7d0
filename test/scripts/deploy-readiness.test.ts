import { describe, expect, it } from 'vitest'
import { findPlaceholders } from '../../scripts/deploy-readiness.ts'

const DATABASE = { binding: 'DB', database_id: '8f1c2f0e-6a2f-4a3e-9d5f-0c9a2f3b7d11' }
const READY = {
  d1_databases: [DATABASE],
  vars: {
    FRONTEND_URL: 'https://app.gatehouse.dev',
    MAIL_FROM: 'Gatehouse <no-reply@gatehouse.dev>',
  },
}

describe('a deployment works', () => {
  it('when every placeholder has its value', () => {
    expect(findPlaceholders(READY, 'staging')).toEqual([])
  })

  it('for a domain of which a reserved one is only a part', () => {
    const vars = { FRONTEND_URL: 'https://app.my-example.com.au', APP_NAME: 'For example' }
    expect(findPlaceholders({ ...READY, vars }, 'staging')).toEqual([])
  })
})

describe('a deployment is refused', () => {
  it.each(['00000000-0000-0000-0000-000000000000', '', undefined])(
    'while the id of the database is %s, and says how to get one',
    (database_id) => {
      const d1_databases = [{ ...DATABASE, database_id }]
      const faults = findPlaceholders({ ...READY, d1_databases }, 'production')
      expect(faults).toEqual([expect.stringContaining('wrangler d1 create gatehouse-production')])
    },
  )

  it.each([
    'https://example.com',
    'https://app.staging.example.com',
    'https://ok.dev,https://app.example.org',
    'Gatehouse <no-reply@example.com>',
    'Gatehouse <no-reply@EXAMPLE.COM>',
  ])('while a variable is %s', (value) => {
    const faults = findPlaceholders({ ...READY, vars: { SOME: value } }, 'staging')
    expect(faults).toEqual([expect.stringContaining(`SOME = "${value}"`)])
  })
})
