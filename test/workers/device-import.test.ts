/** Importing devices: every line stands alone. */
import { beforeAll, describe, expect, it } from 'vitest'
import { MAX_IMPORT_LINES, MAX_IMPORT_TOPICS, readImport } from '../../workers/api/read-import.ts'
import { call, makeApp } from './calling.ts'
import { apnsToken, fcmDevice, subscription } from './device-samples.ts'

let app: Awaited<ReturnType<typeof makeApp>>

beforeAll(async () => {
  app = await makeApp()
})

function importLines(lines: readonly (object | string)[], bearer = app.admin) {
  const body = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
  return call('POST', '/v1/devices/import', { bearer, body, headers: { 'Content-Type': 'application/x-ndjson' } })
}

const subscribers = async (topic: string) => {
  return (await call('GET', `/v1/topics/${topic}`, { bearer: app.analyst })).body.subscribers
}

describe('an import', () => {
  it('takes devices of every platform with their users and topics', async () => {
    const answer = await importLines([
      fcmDevice({ user_id: 'ada', topics: ['imported'] }),
      { platform: 'apns', token: apnsToken(), user_id: 'ada', topics: ['imported'] },
      { platform: 'webpush', subscription: subscription(), topics: ['imported', 'web'] },
    ])
    expect([answer.status, answer.body]).toEqual([200, { created: 3, updated: 0, errors: [] }])
    expect(await Promise.all(['imported', 'web'].map(subscribers))).toEqual([3, 1])
  })

  it('reports the lines that are wrong and imports the others', async () => {
    const answer = await importLines([
      fcmDevice({ topics: ['survivors'] }),
      { platform: 'fcm', token: 'short' },
      '{"platform":',
      '',
      fcmDevice({ topics: ['survivors'], colour: 'red' }),
      { platform: 'webpush', subscription: { ...subscription(), endpoint: 'https://169.254.169.254/x' } },
      fcmDevice({ topics: ['not ok'] }),
      '[]',
      'null',
      fcmDevice({ topics: ['survivors'] }),
    ])
    expect(answer.body).toEqual({
      created: 2,
      updated: 0,
      errors: [
        { line: 2, code: 'invalid_device_token', param: '/token', detail: expect.any(String) },
        { line: 3, code: 'bad_json', detail: expect.any(String) },
        { line: 5, code: 'validation_failed', param: '/colour', detail: expect.any(String) },
        { line: 6, code: 'endpoint_not_allowed', param: '/subscription/endpoint', detail: expect.any(String) },
        { line: 7, code: 'invalid_topic', param: '/topics/0', detail: expect.any(String) },
        { line: 8, code: 'validation_failed', param: '', detail: expect.any(String) },
        { line: 9, code: 'validation_failed', param: '', detail: expect.any(String) },
      ],
    })
    expect(await subscribers('survivors')).toBe(2)
  })

  it('counts a device that is there twice once, and lets the later line win', async () => {
    const device = fcmDevice({ user_id: 'ada', locale: 'fr', topics: ['twice'] })
    const answer = await importLines([device, { ...device, user_id: 'bob', locale: undefined, topics: ['twice-too'] }])
    expect(answer.body).toEqual({ created: 1, updated: 1, errors: [] })
    expect(await Promise.all(['twice', 'twice-too'].map(subscribers))).toEqual([1, 1])
    const again = await call('POST', '/v1/devices', { bearer: app.client, body: { ...device, user_id: undefined } })
    expect(again.body).toMatchObject({ user_id: 'bob', locale: 'fr' })
  })

  it('may be repeated: the same devices, the same topics', async () => {
    const lines = [fcmDevice({ user_id: 'ada', topics: ['again'] }), fcmDevice({ topics: ['again'] })]
    await importLines(lines)
    expect((await importLines(lines)).body).toEqual({ created: 0, updated: 2, errors: [] })
    expect(await subscribers('again')).toBe(2)
  })

  it('moves known devices to other users, once in each topic', async () => {
    const lines = Array.from({ length: 20 }, (_, n) => fcmDevice({ user_id: `old-${n}`, topics: ['moved-in-bulk'] }))
    await importLines(lines)
    await importLines(lines.map((line, n) => ({ ...line, user_id: `new-${n}` })))
    expect(await subscribers('moved-in-bulk')).toBe(20)
  })

  it('takes line ends of Windows and an empty body', async () => {
    expect((await importLines([`${JSON.stringify(fcmDevice())}\r`, '\r'])).body).toMatchObject({
      created: 1,
      errors: [],
    })
    expect((await importLines([])).body).toEqual({ created: 0, updated: 0, errors: [] })
  })

  it('reports the line that names one topic more than an import may name', async () => {
    const lines = [
      fcmDevice({ topics: Array.from({ length: MAX_IMPORT_TOPICS }, (_, n) => `many-${n}`) }),
      fcmDevice({ topics: ['many-0', 'one-too-many'] }),
      fcmDevice({ topics: ['many-0'] }),
    ]
    const read = await readImport(lines.map((line) => JSON.stringify(line)).join('\n'), new Set(), { kind: 'root' })
    expect(read.registrations).toHaveLength(2)
    expect(read.errors).toMatchObject([{ line: 2, code: 'validation_failed', param: '/topics' }])
  })

  it('takes 10,000 lines', async () => {
    const lines = Array.from({ length: MAX_IMPORT_LINES }, (_, n) => {
      return fcmDevice({ user_id: `user-${n}`, locale: 'fr_FR', timezone: 'Europe/Paris', topics: ['ten-thousand'] })
    })
    expect((await importLines(lines)).body).toEqual({ created: MAX_IMPORT_LINES, updated: 0, errors: [] })
    expect(await subscribers('ten-thousand')).toBe(MAX_IMPORT_LINES)
  }, 30_000)

  it('refuses 10,001 lines and imports none of them', async () => {
    const device = fcmDevice()
    const answer = await importLines([device, ...Array(MAX_IMPORT_LINES).fill('{}')])
    expect([answer.status, answer.body.code]).toEqual([413, 'too_many_lines'])
    expect((await call('POST', '/v1/devices', { bearer: app.client, body: device })).status).toBe(201)
  })

  it('refuses more than 16 MiB', async () => {
    const answer = await importLines([' '.repeat(16 * 1024 * 1024 + 1)])
    expect([answer.status, answer.body.code]).toEqual([413, 'body_too_large'])
  })

  it.each(['sender', 'analyst', 'client'] as const)('is not for a key of role %s', async (role) => {
    expect((await importLines([fcmDevice()], app[role])).status).toBe(403)
  })
})
