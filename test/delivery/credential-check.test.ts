/** The check of a credential, against the simulators: right and wrong ones, and nothing sent to anybody. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { call, control, inbox, type Json, type Platform, type Story, tellStory } from './story.ts'

const check = (story: Story, platform: Platform) =>
  call('POST', `/v1/apps/${story.id}/credentials/${platform}/check`, story.key, undefined, 200)

const put = (story: Story, platform: Platform, credential: Json) =>
  call('PUT', `/v1/apps/${story.id}/credentials/${platform}`, env.ROOT_KEY!, credential, 200)

/** A key of the simulated developer account, as a credential. */
async function apnsCredential(bundleIds: string[], change: Json = {}): Promise<Json> {
  const { team_id, key_id, private_key } = await control('POST', '/apns/keys', { bundle_ids: bundleIds })
  return { team_id, key_id, private_key, bundle_id: 'com.example.app', environment: 'sandbox', ...change }
}

describe('the check of a credential', () => {
  it('finds that right ones work', async () => {
    const story = await tellStory()
    expect(await check(story, 'fcm')).toMatchObject({ works: true, reason: 'validated' })
    expect(await check(story, 'apns')).toMatchObject({ works: true, reason: 'BadDeviceToken' })
    expect(await check(story, 'webpush')).toMatchObject({ works: true, reason: 'pair_signs' })
    expect(Date.parse(String((await check(story, 'fcm')).checked_at))).toBeGreaterThan(Date.now() - 60_000)
  })

  it('sends nothing to anybody', async () => {
    const story = await tellStory()
    await check(story, 'fcm')
    await check(story, 'apns')
    for (const arrival of await inbox('fcm', 'fanfare-credential-check')) expect(arrival.accepted).toBe(false)
    for (const arrival of await inbox('apns', 'f'.repeat(64))) expect(arrival.accepted).toBe(false)
  })

  it('finds an account that Google does not know', async () => {
    const story = await tellStory([])
    const account = await control('POST', '/fcm/service-accounts', { project_id: `gone-${story.id.slice(-8)}` })
    await put(story, 'fcm', { service_account: { ...account, client_email: 'nobody@example.iam.gserviceaccount.com' } })
    expect(await check(story, 'fcm')).toMatchObject({ works: false, reason: 'invalid_grant' })
  })

  it('finds an account of another project', async () => {
    const story = await tellStory([])
    const account = await control('POST', '/fcm/service-accounts', { project_id: `mine-${story.id.slice(-8)}` })
    await put(story, 'fcm', { service_account: { ...account, project_id: `theirs-${story.id.slice(-8)}` } })
    expect(await check(story, 'fcm')).toMatchObject({ works: false, reason: 'IAM_PERMISSION_DENIED' })
  })

  it('finds a key that Apple does not know, and one that may not push for the bundle id', async () => {
    const story = await tellStory([])
    await put(story, 'apns', await apnsCredential(['com.example.app'], { key_id: 'ABCDEFGHIJ' }))
    expect(await check(story, 'apns')).toMatchObject({ works: false, reason: 'InvalidProviderToken' })
    await put(story, 'apns', await apnsCredential(['com.example.other']))
    expect(await check(story, 'apns')).toMatchObject({ works: false, reason: 'TopicDisallowed' })
  })

  it('mints no second provider token, however often it is asked', async () => {
    const story = await tellStory(['apns'])
    for (let i = 0; i < 3; i++) expect(await check(story, 'apns')).toMatchObject({ works: true })
  })

  it('does not take an outage for an answer', async () => {
    const story = await tellStory([])
    const account = await control('POST', '/fcm/service-accounts', { project_id: `out-${story.id.slice(-8)}` })
    await put(story, 'fcm', { service_account: account })
    const outage = { service: 'oauth', prefix: account.client_email, effect: { kind: 'status', status: 503 } }
    const fault = await control('POST', '/faults', outage)
    const verdict = await check(story, 'fcm')
    await control('DELETE', `/faults/${fault.id}`)
    expect(verdict).toMatchObject({ works: null })
  })

  it('says that there is none', async () => {
    const story = await tellStory([])
    const path = `/v1/apps/${story.id}/credentials/apns/check`
    expect(await call('POST', path, story.key, undefined, 404)).toMatchObject({ code: 'not_found', param: 'platform' })
  })
})
