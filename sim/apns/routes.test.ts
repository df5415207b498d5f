/** The developer account over the control API. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startControl } from '../control.ts'
import type { Listening } from '../listen.ts'
import { apnsRoutes } from './routes.ts'
import { SigningKeys } from './signing-keys.ts'

const keys = new SigningKeys()
let control: Listening

beforeAll(async () => {
  control = await startControl(apnsRoutes(keys), 0)
})

afterAll(() => control.close())

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`http://127.0.0.1:${control.port}${path}`, { method, body: JSON.stringify(body) })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

test('a key is made up when nothing is asked for, with a private key for the sender', async () => {
  const { status, body } = await call('POST', '/apns/keys', {})
  expect(status).toBe(201)
  expect(body).toEqual({
    team_id: expect.stringMatching(/^[A-Z0-9]{10}$/),
    key_id: expect.stringMatching(/^[A-Z0-9]{10}$/),
    private_key: expect.stringContaining('BEGIN PRIVATE KEY'),
  })
  const registered = keys.find(body.team_id, body.key_id)!
  expect(registered.publicKey.equals(createPublicKey(body.private_key))).toBe(true)
})

test('what is asked for is kept, and a public key that is brought along needs no private one', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const request = {
    team_id: 'TEAM000001',
    key_id: 'KEY0000001',
    bundle_ids: ['com.example.app'],
    environment: 'sandbox',
  }
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  expect(await call('POST', '/apns/keys', { ...request, public_key: pem })).toEqual({ status: 201, body: request })
})

test('a key can be revoked, once', async () => {
  const { body } = await call('POST', '/apns/keys', {})
  const path = `/apns/keys/${body.team_id}/${body.key_id}`
  expect((await call('DELETE', path)).status).toBe(204)
  expect((await call('DELETE', path)).status).toBe(404)
})

test.each([
  ['public_key', 'not a key'],
  ['public_key', generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ type: 'spki', format: 'pem' })],
  ['environment', 'staging'],
  ['bundle_ids', 'com.example.app'],
  ['mint_floor_seconds', -1],
  ['team_id', 1],
])('a wrong %s is an error that names the field', async (field, value) => {
  const { status, body } = await call('POST', '/apns/keys', { [field]: value })
  expect([status, body.error]).toEqual([400, expect.stringContaining(field)])
})
