/** `/v1/apps/{app}/roles`: what API keys may do; the built-in roles, and the app's own. */
import { createRoute, z } from '@hono/zod-openapi'
import { builtInRights, type Rights } from '../../push/rights.ts'
import { isBuiltInRole, isRoleName, ROLES, SCOPE_NAMES } from '../../push/roles.ts'
import { type AppRole, deleteRole, listRoles, readRole, writeRole } from '../../schema/d1/app-roles.ts'
import { directoryDatabase } from '../../schema/databases.ts'
import { appIdField, requireApp } from './app-scope.ts'
import { allow } from './auth.ts'
import { instantField, instantOrNull } from './fields.ts'
import { allFrom, requireLimitable, requireMayGive } from './give.ts'
import { forgetRole } from './known-roles.ts'
import { categoriesLimitField, limitsFromWire, topicsLimitField } from './limit-fields.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'

const TAGS = ['Roles']

/** All of an app's are one page. */
const MAX_ROLES = 100

const inApp = z.object({ app: appIdField })
const nameField = z.string().openapi({ description: 'The name of a role.', example: 'marketing-sender' })
const ofRole = inApp.extend({ role: nameField })

const scopesField = z.array(z.enum(SCOPE_NAMES)).openapi({
  description: 'What keys of this role may do; see [roles and scopes](#roles).',
  example: ['notifications:send', 'notifications:read', 'topics:read'],
})

const limitFields = { topics: topicsLimitField.nullable(), categories: categoriesLimitField.nullable() }

const roleBody = z
  .strictObject({ scopes: scopesField, ...limitFields })
  .partial({ topics: true, categories: true })
  .openapi('RoleDefinition')

const roleAnswer = z
  .object({
    name: nameField,
    built_in: z.boolean().openapi({ description: 'Every app has it, and nobody changes it.', example: false }),
    scopes: scopesField,
    ...limitFields,
    created_at: instantField.nullable(),
    updated_at: instantField.nullable(),
  })
  .openapi('Role')

const answered = (description: string) => ({ description, content: { 'application/json': { schema: roleAnswer } } })

const listRolesRoute = createRoute({
  method: 'get',
  path: '/v1/apps/{app}/roles',
  tags: TAGS,
  summary: 'List roles',
  description: `The built-in ones, then the app’s own by name: at most ${MAX_ROLES}.`,
  ...allow('listRoles'),
  request: { params: inApp },
  responses: {
    200: {
      description: 'All of them.',
      content: { 'application/json': { schema: z.object({ data: z.array(roleAnswer), next_cursor: z.null() }) } },
    },
    ...problems('not_found'),
  },
})

const getRole = createRoute({
  method: 'get',
  path: '/v1/apps/{app}/roles/{role}',
  tags: TAGS,
  summary: 'Read a role',
  ...allow('getRole'),
  request: { params: ofRole },
  responses: { 200: answered('The role.'), ...problems('not_found') },
})

const putRole = createRoute({
  method: 'put',
  path: '/v1/apps/{app}/roles/{role}',
  tags: TAGS,
  summary: 'Define a role',
  description:
    'Creates it, or replaces what it may do: for its keys too, at once; elsewhere in the world within five seconds. ' +
    'Tokens that were minted before end by themselves. Nobody defines, or replaces, a role that may do more than he may.',
  ...allow('putRole'),
  request: { params: ofRole, body: { required: true, content: { 'application/json': { schema: roleBody } } } },
  responses: {
    201: answered('The role is new.'),
    200: answered('The role was there.'),
    ...problems('scope_not_allowed', 'not_found', 'too_many_roles'),
  },
})

const deleteRoleRoute = createRoute({
  method: 'delete',
  path: '/v1/apps/{app}/roles/{role}',
  tags: TAGS,
  summary: 'Delete a role',
  description: 'Refused while keys have it that are neither revoked nor expired.',
  ...allow('deleteRole'),
  request: { params: ofRole },
  responses: { 204: { description: 'Deleted.' }, ...problems('scope_not_allowed', 'not_found', 'role_in_use') },
})

export const roles = newRouter()
  .openapi(listRolesRoute, async (c) => {
    const app = await requireApp(c, c.req.valid('param').app)
    const own = await listRoles(directoryDatabase(c.env), app.id)
    return c.json({ data: [...ROLES.map(builtInToWire), ...own.map(roleToWire)], next_cursor: null }, 200)
  })
  .openapi(getRole, async (c) => {
    const { app: appId, role: name } = c.req.valid('param')
    const app = await requireApp(c, appId)
    if (isBuiltInRole(name)) return c.json(builtInToWire(name), 200)
    return c.json(roleToWire(await requireRole(c.env, app.id, name)), 200)
  })
  .openapi(putRole, async (c) => {
    const { app: appId, role } = c.req.valid('param')
    const app = await requireApp(c, appId)
    const name = requireOwnName(role)
    const { scopes, ...limits } = c.req.valid('json')
    const rights: Rights = { scopes: [...new Set(scopes)], limits: limitsFromWire(limits) }
    requireLimitable(rights, '/scopes')
    const params = { scopes: '/scopes', topics: '/topics', categories: '/categories' }
    requireMayGive(c.var.caller, rights, params)
    const before = await readRole(directoryDatabase(c.env), app.id, name)
    if (before !== null) requireMayGive(c.var.caller, before, allFrom('role'))
    const bounds = { now: Date.now(), most: MAX_ROLES }
    const written = await writeRole(directoryDatabase(c.env), app.id, { name, ...rights }, bounds)
    forgetRole(app.id, name)
    if (written === null) {
      throw new ApiProblem('too_many_roles', `The app has ${MAX_ROLES} roles of its own. Delete one, or change one.`)
    }
    if (before !== null) c.var.audit.before(roleToWire(before))
    c.var.audit.after(roleToWire(written))
    return c.json(roleToWire(written), before === null ? 201 : 200)
  })
  .openapi(deleteRoleRoute, async (c) => {
    const { app: appId, role } = c.req.valid('param')
    const app = await requireApp(c, appId)
    const name = requireOwnName(role)
    const before = await requireRole(c.env, app.id, name)
    requireMayGive(c.var.caller, before, allFrom('role'))
    const keys = await deleteRole(directoryDatabase(c.env), app.id, name, Date.now())
    forgetRole(app.id, name)
    if (keys > 0) {
      const those = keys === 1 ? 'A key has' : `${keys} keys have`
      throw new ApiProblem('role_in_use', `${those} the role ${name}. Revoke first what has it, or replace the role.`)
    }
    c.var.audit.before(roleToWire(before))
    return c.body(null, 204)
  })

/** @throws ApiProblem `not_found` */
async function requireRole(env: Env, appId: string, name: string): Promise<AppRole> {
  const role = await readRole(directoryDatabase(env), appId, name)
  if (role === null) throw new ApiProblem('not_found', `The app has no role ${name}.`, { param: 'role' })
  return role
}

/** @throws ApiProblem `validation_failed` */
function requireOwnName(name: string): string {
  if (isRoleName(name)) return name
  const rule = isBuiltInRole(name)
    ? `${name} is a built-in role, which nobody changes. Choose another name.`
    : 'must begin with one of a-z and go on with a-z 0-9 . _ -, 64 characters at most.'
  throw new ApiProblem('validation_failed', `role: ${rule}`, { param: 'role' })
}

function builtInToWire(name: (typeof ROLES)[number]): z.input<typeof roleAnswer> {
  return { ...rightsToWire(name, builtInRights(name)!), built_in: true, created_at: null, updated_at: null }
}

function roleToWire({ name, createdAt, updatedAt, ...rights }: AppRole): z.input<typeof roleAnswer> {
  const times = { created_at: instantOrNull(createdAt), updated_at: instantOrNull(updatedAt) }
  return { ...rightsToWire(name, rights), built_in: false, ...times }
}

function rightsToWire(name: string, { scopes, limits: { topics, categories } }: Rights) {
  return { name, scopes: [...scopes], topics: topics && [...topics], categories: categories && [...categories] }
}
