/**
 * `projects/{project}/registrations/{device}/topicSubscriptions`: one device on or off one topic. firebase-admin 14's
 * way.
 */
import type { Desk } from '../desk.ts'
import { decodePercent } from '../percent.ts'
import type { Grant } from './access-tokens.ts'
import { fcmError, type Refusal, refuse, refuseField } from './errors.ts'
import { isTopicName } from './message-rules.ts'
import { refusalOf } from './reasons.ts'
import { subscriptionError } from './subscription-error.ts'
import type { TopicAnswer } from './topic-answer.ts'
import type { TopicSubscriptions } from './topic-subscriptions.ts'

export interface SubscriptionCall {
  readonly method: string
  readonly projectId: string
  readonly encodedDevice: string
  /** In the path of a DELETE; a POST has it in `topic_name`. */
  readonly encodedTopic: string | undefined
  readonly query: URLSearchParams
}

export function answerSubscription(
  desk: Desk,
  subscriptions: TopicSubscriptions,
  call: SubscriptionCall,
  grant: Grant,
): TopicAnswer {
  const { method, projectId, encodedDevice, encodedTopic, query } = call
  if (grant.projectId !== projectId) return refusalOf(403, 'PERMISSION_DENIED', '')
  const registrationToken = decodePercent(encodedDevice) ?? ''
  const topic = encodedTopic === undefined ? query.get('topic_name') : decodePercent(encodedTopic)
  if (topic === null || !isTopicName(topic)) return refuseField('topic_name', 'Invalid topic name')
  const error = subscriptionError(desk, registrationToken)
  if (error !== null) return refuseDevice(error, registrationToken)
  if (method === 'POST' && encodedTopic === undefined) {
    const name = `projects/${projectId}/registrations/${registrationToken}/topicSubscriptions/${topic}`
    return subscriptions.add(topic, registrationToken) ? ok({ name }) : alreadyExists()
  }
  if (method === 'DELETE' && encodedTopic !== undefined) {
    const isGone = subscriptions.remove(topic, registrationToken) || query.get('allow_missing') === 'true'
    return isGone ? ok({}) : refuse('NOT_FOUND', 'Requested entity was not found.', [], 'NOT_FOUND')
  }
  return refuse('NOT_FOUND', 'Method not found.', [], 'NOT_FOUND')
}

function ok(body: unknown): TopicAnswer {
  return { status: 200, body: JSON.stringify(body) }
}

function refuseDevice(error: string, registrationToken: string): Refusal {
  if (error === 'NOT_FOUND') return refusalOf(404, 'UNREGISTERED', registrationToken)
  if (error === 'INVALID_ARGUMENT') return refusalOf(400, 'INVALID_ARGUMENT', registrationToken)
  return refuse('INTERNAL', 'Internal error encountered.', [fcmError(error)], error)
}

/** firebase-admin counts it as success. */
function alreadyExists(): TopicAnswer {
  const error = { code: 409, message: 'Requested entity already exists', status: 'ALREADY_EXISTS' }
  return { status: 409, body: JSON.stringify({ error }) }
}
