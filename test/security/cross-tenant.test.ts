/**
 * One app replays every call with the names of another: each is answered exactly as for names that nobody has, nothing of
 * the other app comes back, and nothing of it changes. The attempts are tenant-attacks.ts.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { OPERATION_IDS } from '../../workers/api/access.ts'
import { decodeCursor } from '../../workers/api/cursor.ts'
import { type Called, call } from '../workers/calling.ts'
import { recordStatements } from './recorded-database.ts'
import { type TableOfApps, tablesOfApps } from './tables-of-apps.ts'
import { everythingOf, makeTenant, type Names, namesOfNobody, type Tenant } from './tenant.ts'
import { ATTEMPTS, type Attempt } from './tenant-attacks.ts'

let victim: Tenant
let attacker: Tenant
let nobody: Names
let before: Record<string, unknown>
/** Every id that is the other app's alone, and every name that it chose and the attempts do not choose too. */
let belongings: ReadonlySet<string>

const recorded = recordStatements(env.DB)

const ID = /\b[a-z]{2,3}_[0-9a-z]{29,40}\b/g
const ID_OR_CHOSEN = new RegExp(`${ID.source}|\\bvictims[\\w@.-]*`, 'g')

beforeAll(async () => {
  victim = await makeTenant('victims')
  attacker = await makeTenant('attackers')
  nobody = namesOfNobody(victim.names)
  before = await everythingOf(victim)
  const { user, topic } = victim.names
  const found = JSON.stringify(before).match(ID_OR_CHOSEN) ?? []
  belongings = new Set(found.filter((name) => name !== user && name !== topic))
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
  /** Who comes with a key is found by its hash; its app is what is asked for. */
  const BEFORE_THE_APP_IS_KNOWN = /from "api_key" where "api_key"\."key_hash" = \?$/
  /** Whether the database answers. */
  const OF_NO_APP = 'select "id" from "app" limit ?'

  it('names the app for every table of apps that it reads, changes or deletes rows of', async () => {
    const tables = await tablesOfApps()
    const asked = [...recorded.statements].filter((text) => readsOf(tables, text) > 0)
    expect(asked.length).toBeGreaterThan(30)
    const allowed = (text: string) => text === OF_NO_APP || BEFORE_THE_APP_IS_KNOWN.test(text)
    expect(asked.filter((text) => !allowed(text) && appsNamed(text) < readsOf(tables, text))).toEqual([])
  })

  it.each([
    ['select "name" from "app_role" where "app_role"."name" = ?', 1, 0],
    ['select "ended_at" from "device_key" where ("device_key"."app_id" = ? and "device_key"."device_id" = ?)', 1, 1],
    ['delete from app_role where app_id = ? and 0 = (select count(*) from "api_key" where "role" = ?)', 2, 1],
    ['update device set slot = ? from json_each(?) as told where device.id = told.value', 1, 0],
    ['select "app_id", "url" from "webhook" order by "app_id" limit ?', 1, 0],
    ['insert into topic (app_id, name) values (?, ?)', 0, 0],
  ])('is told from one that does not: %s', async (text, reads, named) => {
    expect([readsOf(await tablesOfApps(), text), appsNamed(text)]).toEqual([reads, named])
  })
})

/** How often rows of apps are looked for in a statement. */
function readsOf(tables: readonly TableOfApps[], text: string): number {
  const names = tables.map(({ name }) => name).join('|')
  return text.match(new RegExp(`\\b(?:from|join|update) "?(?:${names})\\b`, 'gi'))?.length ?? 0
}

/** How often a statement says of which app the rows have to be. */
function appsNamed(text: string): number {
  return text.match(/(?:\bapp_id"?|"app"\."id") (?:=|in)/gi)?.length ?? 0
}

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
  /** Ids and chosen names in the answer, and in its cursor, that the request did not say. */
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
  return { said, told: (readable(answer).match(ID_OR_CHOSEN) ?? []).filter((name) => !asked.includes(name)) }
}

/** What somebody can read who looks into the cursor too. */
function readable({ text, body }: Called): string {
  return typeof body?.next_cursor === 'string' ? `${text} ${decodeCursor(body.next_cursor)}` : text
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
