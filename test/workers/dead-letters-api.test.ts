/** Dead letters through the API: what is taken, what is refused and why. Nobody has a credential here, so all fail. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { makeDeadLetterId } from '../../push/dead-letter-id.ts'
import { encodeCursor } from '../../workers/api/cursor.ts'
import { replayDeadLetters } from '../../workers/api/replay-dead-letters.ts'
import { call, makeApp } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App
let first: string
let second: string

beforeAll(async () => {
  app = await makeApp()
  first = await failTo(3)
  second = await failTo(2)
})

/** A notification to new devices that are all given up, because there is no credential. */
async function failTo(count: number): Promise<string> {
  const devices = []
  for (let i = 0; i < count; i++) {
    devices.push((await call('POST', '/v1/devices', { bearer: app.sender, body: fcmDevice() })).body.id)
  }
  const { body } = await call('POST', '/v1/notifications', {
    bearer: app.sender,
    body: { to: { devices }, title: 'x' },
  })
  await completed(body.id)
  return body.id
}

function completed(id: string) {
  return vi.waitFor(
    async () => {
      const { body } = await call('GET', `/v1/notifications/${id}`, { bearer: app.analyst })
      expect(body.status).toBe('completed')
      return body
    },
    { timeout: 20_000, interval: 50 },
  )
}

const list = (query = '', bearer = app.analyst) => call('GET', `/v1/dead-letters${query}`, { bearer })
const replay = (body: unknown, headers: Record<string, string> = {}, bearer = app.sender) => {
  return call('POST', '/v1/dead-letters/replay', { bearer, body, headers })
}

describe('listing', () => {
  it('is for whoever may read notifications', async () => {
    expect((await list('', app.analyst)).status).toBe(200)
    expect((await list('', app.client)).body).toMatchObject({ code: 'forbidden' })
  })

  it('pages through all of an app, each once', async () => {
    const seen: string[] = []
    let cursor = ''
    do {
      const { body } = await list(`?limit=2${cursor}`)
      seen.push(...body.data.map((letter: { id: string }) => letter.id))
      cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`
    } while (cursor !== '')
    expect(seen).toHaveLength(5)
    expect(new Set(seen).size).toBe(5)
  })

  it.each([
    ['?limit=0', 'validation_failed', 'limit'],
    ['?replayed=maybe', 'validation_failed', 'replayed'],
    ['?platform=sms', 'validation_failed', 'platform'],
    ['?status=failed', 'validation_failed', 'status'],
    ['?cursor=%21', 'invalid_cursor', 'cursor'],
    ['?notification_id=ntf_unknown', 'not_found', 'notification_id'],
    [`?cursor=${encodeCursor('0:7')}`, 'invalid_cursor', 'cursor'],
    [`?notification_id=ntf_unknown&cursor=${encodeCursor(`ntf_${'0'.repeat(29)}/0:7`)}`, 'invalid_cursor', 'cursor'],
  ])('refuses %s', async (query, code, param) => {
    expect((await list(query)).body).toMatchObject({ code, param })
  })
})

describe('replaying', () => {
  it('is for whoever may send', async () => {
    expect((await replay({ notification_id: first }, {}, app.analyst)).body).toMatchObject({ code: 'forbidden' })
  })

  const stranger = makeDeadLetterId({ notificationId: `ntf_${'0'.repeat(29)}`, shard: null, ticket: 0, ordinal: 0 })
  it.each([
    ['nothing', {}, 'validation_failed', ''],
    ['both', { notification_id: 'ntf_x', ids: ['dlq_x'] }, 'validation_failed', ''],
    ['no ids', { ids: [] }, 'validation_failed', '/ids'],
    ['too many ids', { ids: Array(1001).fill('dlq_x') }, 'validation_failed', '/ids'],
    ['an unknown field', { id: 'dlq_x' }, 'validation_failed', '/id'],
    ['a malformed id', { ids: [stranger, 'dlq_x'] }, 'not_found', '/ids/1'],
    ['a malformed id after one that comes twice', { ids: [stranger, stranger, 'dlq_x'] }, 'not_found', '/ids/2'],
    ['an id of nothing', { ids: [stranger] }, 'not_found', '/ids'],
    ['an unknown notification', { notification_id: 'ntf_x' }, 'not_found', '/notification_id'],
  ])('refuses %s', async (_, body, code, param) => {
    expect((await replay(body)).body).toMatchObject({ code, param })
  })

  it.each([
    ['in another ticket', { ticket: 7 }],
    ['beyond its ticket', { ordinal: 500 }],
    ['in a shard', { shard: 0 }],
  ])('refuses a place %s of a notification of the app', async (_, elsewhere) => {
    const place = { notificationId: first, shard: null, ticket: 0, ordinal: 0, ...elsewhere }
    expect((await replay({ ids: [makeDeadLetterId(place)] })).body).toMatchObject({ code: 'not_found', param: '/ids' })
  })

  it('refuses an id that leads to a notification of the app, and is not its', async () => {
    const other = `ntf_${'0'.repeat(9)}${first.slice(-20)}`
    const place = { shard: null, ticket: 0, ordinal: 0 }
    expect((await replay({ notification_id: other })).body).toMatchObject({ code: 'not_found' })
    const ids = [makeDeadLetterId({ notificationId: other, ...place })]
    expect((await replay({ ids })).body).toMatchObject({ code: 'not_found', param: '/ids' })
    expect((await list(`?notification_id=${first}&replayed=true`)).body.data).toEqual([])
  })

  it('refuses ids of too many notifications', async () => {
    const ids = Array.from({ length: 51 }, (_, index) =>
      makeDeadLetterId({ notificationId: `ntf_${`${index}`.padStart(29, '0')}`, shard: null, ticket: 0, ordinal: 0 }),
    )
    expect((await replay({ ids })).body).toMatchObject({ code: 'validation_failed', param: '/ids' })
  })

  it('makes nothing when something of what is asked for is no dead letter', async () => {
    const { body } = await list(`?notification_id=${second}&limit=1`)
    const strange = makeDeadLetterId({ notificationId: second, shard: null, ticket: 9, ordinal: 0 })
    expect((await replay({ ids: [body.data[0].id, strange] })).status).toBe(404)
    expect((await list(`?notification_id=${second}&replayed=true`)).body.data).toEqual([])
  })

  it('answers a repetition with the same key as the first time, and another body with 422', async () => {
    const { body } = await list(`?notification_id=${first}&limit=1`)
    const ids = [body.data[0].id, (await list(`?notification_id=${second}&limit=1`)).body.data[0].id]
    const key = { 'Idempotency-Key': crypto.randomUUID() }
    const answers = [await replay({ ids }, key), await replay({ ids }, key)]
    expect(answers.map(({ status }) => status)).toEqual([202, 202])
    expect(answers[1]!.body).toEqual(answers[0]!.body)
    expect(answers.map(({ headers }) => headers.get('Idempotent-Replayed'))).toEqual([null, 'true'])
    expect(answers[0]!.body).toMatchObject({ data: [{ recipients: 1 }, { recipients: 1 }], skipped: 0 })
    for (const { id } of answers[0]!.body.data) expect((await completed(id)).counts).toMatchObject({ targeted: 1 })
    for (const { id, replay_of } of answers[0]!.body.data) {
      const { body: log } = await call('GET', `/v1/audit?action=replayDeadLetters&target=${id}`, { bearer: app.admin })
      expect(log.data).toMatchObject([{ actor: { role: 'sender' }, after: { to: { dead_letters_of: replay_of } } }])
    }
    const other = await replay({ notification_id: first }, key)
    expect(other.body).toMatchObject({ code: 'idempotency_mismatch', param: 'idempotency-key' })
    const send = await call('POST', '/v1/notifications', {
      bearer: app.sender,
      body: { to: { topic: 'news' }, title: 'x' },
      headers: key,
    })
    expect(send.body).toMatchObject({ code: 'idempotency_mismatch' })
  })

  it('tells apart what a twin of the request made first, and makes the rest', async () => {
    const [one, two] = [await failTo(1), await failTo(1)]
    const groups = [one, two].map((of) => ({ of, places: null }))
    const request = {
      appId: app.id,
      idempotencyKey: 'of twins',
      bodyHash: 'h',
      sentBy: null,
      caller: 'somebody',
      confirmation: null,
      now: Date.now(),
    }
    const { answer: twin } = await replayDeadLetters(env, { ...request, groups: groups.slice(0, 1) })
    await completed(twin.data[0]!.id)
    // It looked for what the key had made before its twin made it.
    let looked = false
    const getByName = (name: string) => {
      const stub = env.NOTIFICATION.getByName(name)
      if (looked) return stub
      looked = true
      return { replay: () => Promise.resolve(null) }
    }
    const late = { ...env, NOTIFICATION: { getByName } } as unknown as Env
    const { answer } = await replayDeadLetters(late, { ...request, groups })
    expect(answer.data.map(({ replay_of }) => replay_of)).toEqual([one, two])
    expect(answer.data[0]).toEqual(twin.data[0])
    expect((await completed(answer.data[1]!.id)).counts).toMatchObject({ targeted: 1 })
  })

  it('is shown in the notification that it makes', async () => {
    const { body } = await replay({ notification_id: second })
    const again = await completed(body.data[0].id)
    expect(again).toMatchObject({ replay_of: second, counts: { targeted: 1, failed: 1 } })
    expect((await completed(second)).replay_of).toBeNull()
  })
})

describe('replaying to more than the app allows without a word', () => {
  it('takes a confirmation for all recipients of the call together, once', async () => {
    const mine = await makeApp()
    app = mine
    const ids = [await failTo(2), await failTo(1)]
    const letters = (await list()).body.data.map(({ id }: { id: string }) => id)
    const confirm_above_recipients = 2
    await call('PATCH', `/v1/apps/${mine.id}/settings`, { bearer: mine.admin, body: { confirm_above_recipients } })
    const refused = await replay({ ids: letters })
    expect([refused.status, refused.body.code, refused.body.recipients]).toEqual([409, 'confirmation_required', 3])
    const headers = { 'Fanfare-Confirmation': refused.body.confirmation, 'Idempotency-Key': 'confirmed' }
    const taken = await replay({ ids: letters }, headers)
    expect([taken.status, taken.body.data.length]).toEqual([202, 2])
    const again = await replay({ ids: letters }, { 'Idempotency-Key': 'confirmed' })
    expect([again.status, again.headers.get('Idempotent-Replayed')]).toEqual([202, 'true'])
    expect((await replay({ notification_id: ids[1] })).status).toBe(202)
  })
})

describe('stuck work', () => {
  it('is nothing as long as everything gets done', async () => {
    expect((await call('GET', '/v1/dead-letters/tickets', { bearer: app.analyst })).body).toEqual({
      data: [],
      next_cursor: null,
    })
  })
})
