/**
 * The life of a community as data. No I/O. No clock. Which status may follow which, what the log calls it, which mail
 * the owner gets, and which steps need a reason. `approved` also turns `active` by itself at the owner's first login.
 */
import type { AuditAction, CommunityStatus, MailTemplate } from '../../db/schema/index.ts'

interface Step {
  action: AuditAction
  template: MailTemplate
}

const REVIEW: Step = { action: 'community_under_review', template: 'community_under_review' }
const APPROVE: Step = { action: 'community_approved', template: 'community_approved' }
const REJECT: Step = { action: 'community_rejected', template: 'community_rejected' }
const SUSPEND: Step = { action: 'community_suspended', template: 'community_suspended' }
const REINSTATE: Step = { action: 'community_reinstated', template: 'community_reinstated' }
const ACTIVATE: Step = { action: 'community_activated', template: 'community_approved' }

const STEPS: Record<CommunityStatus, Partial<Record<CommunityStatus, Step>>> = {
  pending: { under_review: REVIEW, approved: APPROVE, rejected: REJECT },
  under_review: { approved: APPROVE, rejected: REJECT },
  approved: { active: ACTIVATE, suspended: SUSPEND },
  active: { suspended: SUSPEND },
  rejected: { under_review: REVIEW },
  suspended: { active: REINSTATE },
}

const NEEDS_REASON: readonly CommunityStatus[] = ['rejected', 'suspended']

/** The step from one status to another, or undefined where there is none. */
export function stepBetween(from: CommunityStatus, to: CommunityStatus): Step | undefined {
  return STEPS[from][to]
}

export function needsReason(status: CommunityStatus): boolean {
  return NEEDS_REASON.includes(status)
}
