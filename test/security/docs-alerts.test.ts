/** docs/alerts.md beside the code: every kind of alert, its variable and its threshold. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { configOf } from '../../src/config.ts'
import { ALERT_KINDS } from '../../src/db/schema/index.ts'
import { DOCS, tableRows, WRANGLER } from './read-sources.ts'

const [PAGE = ''] = (DOCS['alerts.md'] ?? '').split('## The webhook')
const ROWS = tableRows(PAGE).map((cells) => cells.map((cell) => cell.replaceAll('`', '')))

describe('docs/alerts.md', () => {
  it('lists each kind of alert, and no other', () => {
    expect(ROWS.map(([kind]) => kind).sort()).toEqual([...ALERT_KINDS].sort())
  })

  it('gives each its variable and its threshold, in every environment', () => {
    const { thresholds } = configOf(env).alerts
    for (const [kind, , variable, threshold] of ROWS) {
      const found = ALERT_KINDS.find((one) => one === kind)
      expect({ kind, threshold }).toEqual({ kind, threshold: found && String(thresholds[found]) })
      expect(WRANGLER.split(`\n${variable} = "${threshold}"\n`)).toHaveLength(4)
    }
  })
})
