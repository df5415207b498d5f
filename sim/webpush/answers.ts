/**
 * What a Web Push service answers to a push that it takes, and to one that a script decides. Pure; sends nothing. How
 * a service words its refusals is its profile.
 */
import type { Headers } from '../exchange.ts'
import type { FinalEffect } from '../faults.ts'
import type { Answer, Profile } from './profile.ts'

/** RFC 8030 §5: 201, where the message is, and how long it will be kept, which may be less than was asked for. */
export function acceptedAnswer(messageUrl: string, ttlSeconds: number): Answer {
  return { status: 201, headers: { location: messageUrl, ttl: String(ttlSeconds) }, body: '' }
}

/**
 * What a script makes the service say; null when it makes it say nothing.
 *
 * @param accepted the answer without a fault, for scripts that change only its status or headers
 */
export function scriptedAnswer(profile: Profile, effect: FinalEffect, accepted: Answer): Answer | null {
  switch (effect.kind) {
    case 'status':
      return statusAnswer(effect, effect.status < 300 ? accepted : profile.script(effect.status, effect.reason))
    case 'unregistered':
      return profile.refuse('gone')
    case 'html':
      return pageAnswer(effect.status)
    default:
      return null
  }
}

function statusAnswer(effect: FinalEffect & { kind: 'status' }, usual: Answer): Answer {
  const { status, retry_after, body = usual.body } = effect
  return {
    status,
    headers: {
      ...usual.headers,
      ...(retry_after !== undefined && { 'retry-after': String(retry_after) }),
      ...effect.headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    reason: effect.reason ?? usual.reason,
  }
}

const PAGE_HEADERS: Headers = { 'content-type': 'text/html; charset=UTF-8' }

/** The page of a load balancer in front of the service. */
function pageAnswer(status: number): Answer {
  return {
    status,
    headers: PAGE_HEADERS,
    body: `<!DOCTYPE html>\n<title>${status}</title>\n<p>The server is unreachable</p>\n`,
  }
}
