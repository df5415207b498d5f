/**
 * One app replays every call with the names of another: each is answered exactly as for names that nobody has, nothing of
 * the other app comes back, and nothing of it changes. The attempts are tenant-attacks.ts.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { OPERATION_IDS } from '../../workers/api/access.ts'
import { call } from '../workers/calling.ts'
import { recordStatements } from './recorded-database.ts'
import { everythingOf, makeTenant, type Names, namesOfNobody, type Tenant } from './tenant.ts'
import { ATTEMPTS, type Attempt } from './tenant-attacks.ts'

let victim: Tenant
let attacker: Tenant
let nobody: Names
let before: Record<string, unknown>
/** Every id that is the other app's alone. */
let belongings: ReadonlySet<string>

const recorded = recordStatements(env.DB)

const ID = /\b(?:[a-z]{3}_[0-9a-z]{29,40})\b/g

beforeAll(async () => {
  victim = await makeTenant('victims')
  attacker = await makeTenant('attackers')
  nobody = namesOfNobody(victim.names)
  before = await everythingOf(victim)
  belongings = new Set(JSON.stringify(before).match(ID))
})

describe.each(OPERATION_IDS)('%s', (operationId) => {
  it('knows the names of another app no better than names of nobody', async () => {
    const attempts = (names: Names) => ATTEMPTS[operationId](names, attacker.names)
    for (const [index, attempt] of attempts(victim.names).entries()) {
      for (const bearer of Object.keys(attacker.bearers) as (keyof Tenant['bearers'])[]) {
        const what = `${bearer}: ${attempt.method} ${attempt.path}`
        const control = await make(attempts(nobody)[index]!, bearer)
        const answer = await make(attempt, bearer)
        expect(answer.said, what).toEqual(control.said)
        expect(
          answer.told.filter((name) => belongings.has(name)),
          what,
        ).toEqual([])
      }
    }
  })
})

describe('every statement that was run meanwhile', () => {
  /** Reads, changes or deletes rows of a table whose rows belong to apps. */
  const OF_APPS = /^(?:select|update|delete|with)\b.*\b"?(?:api_key|credential|device|topic|topic_device|app_secret)\b/i
  /** Who comes with a key is found by its hash; its app is what is asked for. */
  const BEFORE_THE_APP_IS_KNOWN = /from "api_key" where "api_key"\."key_hash" = \?/

  it('names the app where it says which rows', () => {
    const asked = [...recorded.statements].filter((text) => OF_APPS.test(text) && !BEFORE_THE_APP_IS_KNOWN.test(text))
    expect(asked.length).toBeGreaterThan(10)
    expect(asked.filter((text) => !/\bwhere\b.*\bapp_id\b/i.test(text))).toEqual([])
  })
})

describe('the other app', () => {
  it('is as it was', async () => {
    expect(await everythingOf(victim)).toEqual(before)
  })

  it('goes on working with its own', async () => {
    const { names, bearers } = victim
    const device = await call('GET', `/v1/devices/${names.device}`, { bearer: bearers.device })
    expect(device.body).toMatchObject({ id: names.device, user_id: names.user, retired_at: null })
    const again = await call('POST', '/v1/devices', {
      bearer: bearers.client,
      body: { platform: 'fcm', token: names.deviceToken },
    })
    expect([again.status, again.body.id]).toEqual([200, names.device])
  })
})

interface Answered {
  /** The answer without what differs from one call to the next. */
  readonly said: { readonly status: number; readonly text: string; readonly headers: Record<string, string> }
  /** Ids in the answer that the request did not say. */
  readonly told: readonly string[]
}

async function make({ method, path, body, headers }: Attempt, bearer: keyof Tenant['bearers']): Promise<Answered> {
  const options = { bearer: attacker.bearers[bearer], body, headers: { ...headers }, env: { DB: recorded.database } }
  const answer = await call(method, path, options)
  const asked = path + JSON.stringify(body ?? '')
  const kept = ['idempotent-replayed', 'content-type', 'retry-after']
  const said = {
    status: answer.status,
    text: leveled(answer.text),
    headers: Object.fromEntries([...answer.headers].filter(([name]) => kept.includes(name))),
  }
  return { said, told: (answer.text.match(ID) ?? []).filter((id) => !asked.includes(id)) }
}

/** Ids, secrets and instants are new in each answer; a name of either side is called by what it is. */
function leveled(text: string): string {
  const names = [...Object.entries(nobody), ...Object.entries(victim.names)]
  // Tokens first: what is random in them may look like anything else.
  const untold = text.replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<token>')
  const named = names.reduce((level, [what, name]) => level.replaceAll(name, `<${what}>`), untold)
  return named
    .replaceAll(ID, '<id>')
    .replaceAll(/req_[0-9a-f]{32}/g, '<request>')
    .replaceAll(/\b[spd]k_[\w-]+/g, '<key>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<instant>')
}
