/**
 * docs/access.md, rendered from the tables that are enforced: push/roles.ts and workers/api/access.ts. Pure;
 * `npm run docs:access` writes it, and a test says when it is old.
 */
import { ROLE_SCOPES, ROLES, SCOPE_NAMES, SCOPES } from '../push/roles.ts'
import { type Grant, grantsOf, OPERATION_IDS, rolesFor, scopesIn } from '../workers/api/access.ts'

const INTRODUCTION = `# Who may call what

Made by \`npm run docs:access\` from the tables that are enforced, [push/roles.ts](../push/roles.ts) and
[workers/api/access.ts](../workers/api/access.ts): change those, not this. The running platform has the same at \`/docs\`.
Why it is so: [roles and limits](design/roles.md).
`

const CALLS = `\`root\` is \`ROOT_KEY\`; \`device\` a device with its own key, which reaches that device only. Any one of the scopes is enough,
in a custom role or a token too. No scope and everybody: the call takes no key.
`

const MAY = '●'

export function renderAccessPage(): string {
  const scopes = SCOPE_NAMES.map((scope) => [
    code(scope),
    SCOPES[scope].allows,
    DELEGATIONS[SCOPES[scope].delegation],
    ...ROLES.map((role) => mark(ROLE_SCOPES[role].includes(scope))),
  ])
  const calls = OPERATION_IDS.map((id) => {
    const grants: readonly Grant[] = grantsOf(id)
    const may = (caller: Grant) => mark(grants.length === 0 || grants.includes(caller))
    const roles = ROLES.map((role) => mark(grants.length === 0 || rolesFor(id).includes(role)))
    return [code(id), scopesIn(grants).map(code).join(' '), may('root'), ...roles, may('device')]
  })
  return [
    INTRODUCTION,
    '## Scopes\n',
    table(['scope', 'allows to', 'in tokens', ...ROLES], scopes),
    '## Calls\n',
    CALLS,
    table(['call', 'scope', 'root', ...ROLES, 'device'], calls),
  ].join('\n')
}

const DELEGATIONS = { any_token: 'any', app_token: 'of no user', no_token: 'none' } as const

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `${lines.join('\n')}\n`
}

function code(text: string): string {
  return `\`${text}\``
}

function mark(may: boolean): string {
  return may ? MAY : ''
}
