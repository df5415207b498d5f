/**
 * `iid/v1:batchAdd` and `batchRemove`: up to 1,000 devices on or off one topic, with a result for each. firebase-admin
 * 13's way, and `subscribeToTopicLegacy` in 14.
 */
import type { Desk } from '../desk.ts'
import type { Exchange } from '../exchange.ts'
import { isTopicName } from './message-rules.ts'
import { isObject } from './shapes.ts'
import { subscriptionError } from './subscription-error.ts'
import type { TopicAnswer } from './topic-answer.ts'
import type { TopicSubscriptions } from './topic-subscriptions.ts'

/** firebase.google.com/docs/cloud-messaging/topic-messaging: app instances in one batch. */
const MAX_BATCH = 1000

interface Batch {
  readonly topic: string
  readonly registrationTokens: readonly string[]
}

export function answerBatch(
  desk: Desk,
  subscriptions: TopicSubscriptions,
  exchange: Exchange,
  isAdd: boolean,
): TopicAnswer {
  // Without it the service takes the bearer for a legacy server key.
  if (exchange.headers.access_token_auth !== 'true') return iidError(401, 'Unauthorized')
  const batch = parseBatch(exchange.body.toString('utf8'))
  if (batch === null) return iidError(400, 'InvalidRequest')
  const results = batch.registrationTokens.map((registrationToken) => {
    const error = subscriptionError(desk, registrationToken)
    if (error !== null) return { error }
    if (isAdd) subscriptions.add(batch.topic, registrationToken)
    else subscriptions.remove(batch.topic, registrationToken)
    return {}
  })
  return { status: 200, body: JSON.stringify({ results }) }
}

/** The Instance ID service words its errors in its own, older way. */
function iidError(status: number, error: string): TopicAnswer {
  return { status, body: JSON.stringify({ error }) }
}

/** null when anything about it is wrong. */
function parseBatch(text: string): Batch | null {
  const request = parseJson(text)
  if (!isObject(request) || typeof request.to !== 'string') return null
  const topic = request.to.startsWith('/topics/') ? request.to.slice('/topics/'.length) : ''
  const registrationTokens = request.registration_tokens
  if (!isTopicName(topic) || !Array.isArray(registrationTokens)) return null
  if (registrationTokens.length === 0 || registrationTokens.length > MAX_BATCH) return null
  return { topic, registrationTokens: registrationTokens.map(String) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
