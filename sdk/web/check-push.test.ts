import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { refreshKeys } from './app-keys.ts'
import { checkPush } from './check-push.ts'
import { type Verification, writeInstallation } from './installation.ts'
import { keepProof, proofOf } from './proofs.ts'
import { SEEN_LIMIT } from './seen.ts'
import { memoryStore } from './store.fixture.ts'

const VECTORS = join(import.meta.dirname, '../../docs/design/signed-messages.vectors.json')
const { jwks, pushes } = JSON.parse(readFileSync(VECTORS, 'utf8'))
const [{ fanfare_sig, received }] = pushes
const NOW = Date.parse(received.now)
const { data, ...fields } = received.content
const push = { ...fields, data, fanfare_id: received.pushId, fanfare_sig }

async function browser(verification: Verification) {
  const store = memoryStore()
  const urls = { baseUrl: 'http://127.0.0.1:9', endpoint: 'https://push.example/1' }
  const keys = { publishableKey: 'pk_1', vapidPublicKey: 'B', deviceKey: 'dk_1' }
  await writeInstallation(store, { ...urls, ...keys, deviceId: received.deviceId, ...verification })
  await refreshKeys(store, { appId: 'app_1', fetch: async () => jwks.keys }, NOW)
  return store
}

it('where the app said that verification is required, only what it signed for this device is shown', async () => {
  const store = await browser({ verify: 'required', appId: 'app_1' })
  expect(await checkPush(store, push, NOW)).toBe('valid')
  expect(await checkPush(store, { ...push, title: 'Other' }, NOW)).toBe('altered')
  expect(await checkPush(store, { ...push, fanfare_sig: undefined }, NOW)).toBe('unknown')
})

it('elsewhere nothing is asked', async () => {
  expect(await checkPush(await browser({}), { title: 'Unsigned' }, NOW)).toBe('not_asked')
})

it('the proof of a push is kept for as many pushes as are remembered', async () => {
  const store = memoryStore()
  for (let i = 0; i <= SEEN_LIMIT; i++) await keepProof(store, `ntf_${i}`, `signature ${i}`)
  await keepProof(store, `ntf_${SEEN_LIMIT}`, 'another')
  expect([await proofOf(store, 'ntf_0'), await proofOf(store, 'ntf_1')]).toEqual([undefined, 'signature 1'])
  expect(await proofOf(store, `ntf_${SEEN_LIMIT}`)).toBe('another')
})
