/** What a caller is told of quotas in an answer: that one is nearly used up, or that it is. Who else hears is tell-quota.ts. */
import type { QuotaName, QuotaRefusal, QuotaWarning } from '../../push/quota-book.ts'
import { instantOf, instantOrNull } from './fields.ts'
import { ApiProblem } from './problem.ts'

/** As a header (RFC 9651 §3.1): a list of quotas, each with what is used of it. */
export function warningsToWire(warnings: readonly QuotaWarning[]): string {
  return warnings.map(({ quota, used, limit }) => `${quota};used=${used};limit=${limit}`).join(', ')
}

const COUNTED: Readonly<Record<QuotaName, string>> = {
  devices: 'devices',
  sends_a_day: 'notifications a day',
  recipients_a_day: 'recipients a day',
}

/** @param now epoch ms */
export function quotaProblem({ quota, used, limit, resetsAt }: QuotaRefusal, now: number): ApiProblem {
  const begin = `This app may have ${limit} ${COUNTED[quota]}, and has ${used}; this would be more.`
  const end =
    resetsAt === null ? 'Delete some, or ask the operator for more.' : `Counting begins anew at ${instantOf(resetsAt)}.`
  return new ApiProblem('quota_exceeded', `${begin} ${end}`, {
    ...(resetsAt !== null && { retryAfterSeconds: Math.max(1, Math.ceil((resetsAt - now) / 1000)) }),
    members: { quota, used, limit, resets_at: instantOrNull(resetsAt) },
  })
}
