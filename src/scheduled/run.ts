/** What the cron does each minute. A job that fails is logged and keeps no other from running. */
import type { Deps } from '../deps.ts'
import { errorFields } from '../log.ts'
import { archiveAudit } from './archive-audit.ts'
import { expireCommunities } from './expire-communities.ts'
import { purge } from './purge.ts'
import { raiseAlerts } from './raise-alerts.ts'
import { removeLogoGarbage } from './remove-logo-garbage.ts'
import { rollUp } from './roll-up.ts'
import { shortenIps } from './shorten-ips.ts'
import { sweepLogos } from './sweep-logos.ts'
import { sweepOutbox } from './sweep-outbox.ts'

const JOBS: Record<string, (deps: Deps) => Promise<unknown>> = {
  // First: what comes later may take its time, or away what is not counted yet.
  roll_up: (deps) => rollUp(deps),
  raise_alerts: raiseAlerts,
  sweep_outbox: (deps) => sweepOutbox(deps),
  expire_communities: expireCommunities,
  purge,
  shorten_ips: shortenIps,
  archive_audit: archiveAudit,
  remove_logo_garbage: removeLogoGarbage,
  sweep_logos: sweepLogos,
}

export async function runScheduled(deps: Deps): Promise<void> {
  for (const [job, run] of Object.entries(JOBS)) {
    try {
      deps.log.debug('scheduled', { job, result: await run(deps) })
    } catch (error) {
      deps.log.error('scheduled_failed', { job, ...errorFields(error) })
    }
  }
}
