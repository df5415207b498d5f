/**
 * Subscribing devices to FCM topics, as senders may: routes to the batch calls of the Instance ID service, and to the
 * calls per device of FCM v1 that replaced them in firebase-admin 14.
 */
import type { Desk } from '../desk.ts'
import type { Exchange } from '../exchange.ts'
import { runAfter } from '../run-after.ts'
import type { AccessTokens, Grant } from './access-tokens.ts'
import { JSON_HEADERS } from './errors.ts'
import { answerBatch } from './iid-batch.ts'
import { refusalOf } from './reasons.ts'
import type { TopicAnswer } from './topic-answer.ts'
import { answerSubscription } from './topic-subscription.ts'
import type { TopicSubscriptions } from './topic-subscriptions.ts'

export interface TopicState {
  readonly accessTokens: AccessTokens
  readonly subscriptions: TopicSubscriptions
}

const BATCH_PATH = /^\/iid\/v1:batch(Add|Remove)$/
const SUBSCRIPTION_PATH = /^\/v1\/projects\/([^/]+)\/registrations\/([^/]+)\/topicSubscriptions(?:\/([^/]+))?$/

type Answerer = (grant: Grant) => TopicAnswer

/** Answers a request about topics. Returns false when it is about something else. */
export function answerTopicRequest(desk: Desk, state: TopicState, exchange: Exchange): boolean {
  const answerer = findAnswerer(desk, state, exchange)
  if (answerer === null) return false
  const grant = state.accessTokens.find(exchange.headers.authorization ?? '', Date.now())
  const { status, body } = grant === null ? refusalOf(401, 'UNAUTHENTICATED', '') : answerer(grant)
  runAfter(desk.latency.of('fcm'), () => exchange.answer(status, JSON_HEADERS, body))
  return true
}

function findAnswerer(desk: Desk, { subscriptions }: TopicState, exchange: Exchange): Answerer | null {
  const [path, query] = exchange.path.split('?', 2)
  const batch = exchange.method === 'POST' ? BATCH_PATH.exec(path!) : null
  if (batch !== null) return () => answerBatch(desk, subscriptions, exchange, batch[1] === 'Add')
  const [isMatch, projectId, device, topic] = SUBSCRIPTION_PATH.exec(path!) ?? []
  if (isMatch === undefined) return null
  const call = {
    method: exchange.method,
    projectId: projectId!,
    encodedDevice: device!,
    encodedTopic: topic,
    query: new URLSearchParams(query),
  }
  return (grant) => answerSubscription(desk, subscriptions, call, grant)
}
