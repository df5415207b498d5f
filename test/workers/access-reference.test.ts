/** What the reference says about who may call is what the table of access says: in /openapi.json and in /docs. */
import { beforeAll, describe, expect, it } from 'vitest'
import { ROLE_SCOPES, ROLES, SCOPE_NAMES, SCOPES } from '../../push/roles.ts'
import { type Grant, grantsOf, OPERATION_IDS, rolesFor, scopesIn } from '../../workers/api/access.ts'
import { call } from './calling.ts'

interface Operation {
  readonly operationId: string
  readonly security: Record<string, string[]>[]
}

let operations: Operation[]
let page: string

beforeAll(async () => {
  const paths: Record<string, Record<string, Operation>> = (await call('GET', '/openapi.json')).body.paths
  operations = Object.values(paths).flatMap((item) => Object.values(item))
  page = (await call('GET', '/docs')).text
})

/** The cells of the row of a table that begins with this text; marks are true or false. */
function rowOf(name: string): (string | boolean)[] {
  const row = rows().find(([first]) => first === name)
  return (row ?? []).slice(1).map((cell) => (cell === '●' ? true : cell === '' ? false : cell))
}

function rows(): string[][] {
  return [...page.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row!.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell]) => textOf(cell!)),
  )
}

function textOf(html: string): string {
  return html
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll('&#39;', "'")
    .replaceAll(/\s+/g, ' ')
    .trim()
}

describe('/openapi.json', () => {
  it('documents as the security of each call what its row grants', () => {
    const schemeOf = (grant: Grant) => {
      if (grant === 'root') return { rootKey: [] }
      return grant === 'device' ? { deviceKey: [] } : { appKey: [grant] }
    }
    for (const { operationId, security } of operations) {
      expect([operationId, security]).toEqual([operationId, grantsOf(operationId).map(schemeOf)])
    }
  })
})

describe('/docs', () => {
  it('has each scope, what it allows, and the roles that have it', () => {
    for (const scope of SCOPE_NAMES) {
      expect(rowOf(scope)).toEqual([SCOPES[scope].allows, ...ROLES.map((role) => ROLE_SCOPES[role].includes(scope))])
    }
  })

  it('has each call, its scopes, and who may make it', () => {
    for (const id of OPERATION_IDS) {
      const grants: readonly Grant[] = grantsOf(id)
      const isOpen = grants.length === 0
      const marks = [
        isOpen || grants.includes('root'),
        ...ROLES.map((role) => isOpen || rolesFor(id).includes(role)),
        isOpen || grants.includes('device'),
      ]
      expect([id, ...rowOf(id)]).toEqual([id, scopesIn(grants).join(' ') || false, ...marks])
    }
  })

  it('says beside each call what it takes', () => {
    for (const id of OPERATION_IDS) {
      const [, who] = new RegExp(`id="${id}".*?<p class="who">(.*?)</p>`, 's').exec(page) ?? []
      const takes = grantsOf(id).map((grant) => {
        if (grant === 'root') return 'ROOT_KEY'
        return grant === 'device' ? 'the device’s own key' : `a key or token with ${grant}`
      })
      expect([id, textOf(who ?? '')]).toEqual([
        id,
        takes.length === 0 ? 'Needs no key.' : `Takes ${takes.join(', or ')}.`,
      ])
    }
  })
})
