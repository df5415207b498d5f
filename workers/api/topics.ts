/** Topics: who is in them, one device at a time or a thousand, and how large they are. */
import { createRoute, z } from '@hono/zod-openapi'
import { dropTopic, readTopic } from '../../durable-objects/topic-members.ts'
import { deleteTopic } from '../../schema/d1/topic-deletion.ts'
import { addMemberships, listTopics, removeMemberships, topicExists } from '../../schema/d1/topics.ts'
import { databaseOf } from '../../schema/databases.ts'
import { allow } from './auth.ts'
import { appIdOf, limitsOf, requireOwnDevice } from './caller.ts'
import { changeMembers, membershipAnswer, membershipBody } from './change-members.ts'
import { cutPage, decodeCursor } from './cursor.ts'
import { deviceIdField, pageFields, pageOf, topicField } from './fields.ts'
import { findDevice } from './find-device.ts'
import { carryToTopic } from './memberships.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'
import { requireTopic } from './within-limits.ts'

const TAGS = ['Topics']
const topicParams = z.object({ topic: topicField })
const memberParams = z.object({ topic: topicField, id: deviceIdField })

/** Each topic of a page is asked for its size. */
const MAX_TOPICS_A_PAGE = 100

const topicAnswer = z
  .object({
    name: topicField,
    subscribers: z.int().openapi({ description: 'Devices that a send would reach now; exact.', example: 10_000 }),
    shards: z.int().openapi({ description: 'Objects that the subscribers are spread over.', example: 1 }),
  })
  .openapi('Topic')

const subscribe = createRoute({
  method: 'put',
  path: '/v1/topics/{topic}/devices/{id}',
  tags: TAGS,
  summary: 'Subscribe a device to a topic',
  description: 'Idempotent. Once it has answered, every later send to the topic reaches the device.',
  ...allow('subscribe'),
  request: { params: memberParams },
  responses: {
    204: { description: 'Subscribed.' },
    ...problems('invalid_topic', 'outside_limits', 'not_found'),
  },
})

const unsubscribe = createRoute({
  method: 'delete',
  path: '/v1/topics/{topic}/devices/{id}',
  tags: TAGS,
  summary: 'Unsubscribe a device from a topic',
  description:
    'Idempotent. Once it has answered, no later send to the topic reaches the device; of a send that is under way ' +
    'it gets nothing that was not handed to a push service before.',
  ...allow('unsubscribe'),
  request: { params: memberParams },
  responses: {
    204: { description: 'Not subscribed.' },
    ...problems('invalid_topic', 'outside_limits', 'not_found'),
  },
})

const changeTopicMembers = createRoute({
  method: 'post',
  path: '/v1/topics/{topic}/devices',
  tags: TAGS,
  summary: 'Subscribe and unsubscribe devices in bulk',
  description: 'Up to 1,000 devices. Unknown ids are reported; the others are subscribed and unsubscribed.',
  ...allow('changeTopicMembers'),
  request: {
    params: topicParams,
    body: { required: true, content: { 'application/json': { schema: membershipBody } } },
  },
  responses: {
    200: { description: 'What became of each id.', content: { 'application/json': { schema: membershipAnswer } } },
    ...problems('invalid_topic', 'outside_limits'),
  },
})

const listTopicsRoute = createRoute({
  method: 'get',
  path: '/v1/topics',
  tags: TAGS,
  summary: 'List topics',
  description: 'All topics that a device ever subscribed to, by name; those that the caller is limited to.',
  ...allow('listTopics'),
  request: {
    query: z.strictObject({
      ...pageFields,
      limit: z.coerce.number().int().min(1).max(MAX_TOPICS_A_PAGE).default(50).openapi({ example: 50 }),
    }),
  },
  responses: {
    200: { description: 'A page of topics.', content: { 'application/json': { schema: pageOf(topicAnswer) } } },
    ...problems('invalid_cursor'),
  },
})

const getTopic = createRoute({
  method: 'get',
  path: '/v1/topics/{topic}',
  tags: TAGS,
  summary: 'Read a topic',
  ...allow('getTopic'),
  request: { params: topicParams },
  responses: {
    200: { description: 'The topic.', content: { 'application/json': { schema: topicAnswer } } },
    ...problems('invalid_topic', 'outside_limits', 'not_found'),
  },
})

const deleteTopicRoute = createRoute({
  method: 'delete',
  path: '/v1/topics/{topic}',
  tags: TAGS,
  summary: 'Delete a topic',
  description:
    'Ends all its subscriptions. Once it has answered, no later send reaches anybody who has not subscribed again; of ' +
    'a send that is under way whoever was not handed to a push service settles as `suppressed`. Repeat it if it did ' +
    'not answer.',
  ...allow('deleteTopic'),
  request: { params: topicParams },
  responses: { 204: { description: 'Deleted.' }, ...problems('invalid_topic', 'outside_limits', 'not_found') },
})

export const topics = newRouter()
  .openapi(subscribe, async (c) => {
    const { topic, id } = c.req.valid('param')
    const appId = appIdOf(c.get('caller'))
    requireTopic(c.get('caller'), topic, 'topic')
    requireOwnDevice(c.get('caller'), id)
    const device = await findDevice(c.env, appId, id)
    await addMemberships(databaseOf(c.env, appId), appId, topic, [id], Date.now())
    await carryToTopic(c.env, appId, topic, [device], true)
    return c.body(null, 204)
  })
  .openapi(unsubscribe, async (c) => {
    const { topic, id } = c.req.valid('param')
    const appId = appIdOf(c.get('caller'))
    requireTopic(c.get('caller'), topic, 'topic')
    requireOwnDevice(c.get('caller'), id)
    const device = await findDevice(c.env, appId, id)
    await removeMemberships(databaseOf(c.env, appId), appId, topic, [id])
    await carryToTopic(c.env, appId, topic, [device], false)
    return c.body(null, 204)
  })
  .openapi(changeTopicMembers, async (c) => {
    const topic = requireTopic(c.get('caller'), c.req.valid('param').topic, 'topic')
    const body = c.req.valid('json')
    const results = await changeMembers(c.env, appIdOf(c.get('caller')), topic, body, Date.now())
    c.var.audit.after({ added: body.add?.length ?? 0, removed: body.remove?.length ?? 0 })
    return c.json({ results }, 200)
  })
  .openapi(listTopicsRoute, async (c) => {
    const appId = appIdOf(c.get('caller'))
    const { limit, cursor } = c.req.valid('query')
    const after = cursor === undefined ? null : decodeCursor(cursor)
    const within = limitsOf(c.get('caller')).topics
    const names = await listTopics(databaseOf(c.env, appId), appId, { after, limit: limit + 1 }, within)
    const { page, next_cursor } = cutPage(names, limit, (name) => name)
    const data = await Promise.all(page.map(async (name) => ({ name, ...(await readTopic(c.env, appId, name)) })))
    return c.json({ data, next_cursor }, 200)
  })
  .openapi(getTopic, async (c) => {
    const appId = appIdOf(c.get('caller'))
    const name = requireTopic(c.get('caller'), c.req.valid('param').topic, 'topic')
    if (!(await topicExists(databaseOf(c.env, appId), appId, name))) {
      throw new ApiProblem('not_found', `No device of this app ever subscribed to ${name}.`, { param: 'topic' })
    }
    return c.json({ name, ...(await readTopic(c.env, appId, name)) }, 200)
  })
  .openapi(deleteTopicRoute, async (c) => {
    const appId = appIdOf(c.get('caller'))
    const topic = requireTopic(c.get('caller'), c.req.valid('param').topic, 'topic')
    const before = await readTopic(c.env, appId, topic)
    if (!(await deleteTopic(databaseOf(c.env, appId), appId, topic))) {
      throw new ApiProblem('not_found', `No device of this app ever subscribed to ${topic}.`, { param: 'topic' })
    }
    c.var.audit.before(before)
    await dropTopic(c.env, appId, topic)
    return c.body(null, 204)
  })
