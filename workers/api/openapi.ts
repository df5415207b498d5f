/**
 * `/openapi.json`: the document, generated from the schemas that validate. What every route has in common (who
 * calls, what can always go wrong) is added here, so that routes list only what is theirs.
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiEnv } from './context.ts'
import type { ProblemCode } from './problem.ts'
import { problems } from './problem-responses.ts'

export type OpenApiDocument = ReturnType<OpenAPIHono<ApiEnv>['getOpenAPI31Document']>
export type PathItem = NonNullable<OpenApiDocument['paths']>[string]
export type Operation = NonNullable<PathItem['get']>

/** The methods of one path in the order of a life: made, read, changed, deleted. */
export const METHODS = ['post', 'get', 'put', 'patch', 'delete'] as const

const INTRODUCTION = `Push notifications through FCM, APNs and Web Push, with every delivery accounted for.

Send \`Authorization: Bearer <key>\`. Bodies and answers are JSON. Times are RFC 3339 in UTC. Ids are prefixed and sort by the time they were made. Lists take \`?limit=&cursor=\` and answer \`{"data": [...], "next_cursor": ...}\`. Errors are \`application/problem+json\` with a stable \`code\`, the \`param\` at fault, and \`retry\`: \`now\`, \`backoff\` or \`never\`.`

const TAGS = [
  { name: 'Apps', description: 'What the operator begins with. An app owns everything below and sees nobody else’s.' },
  {
    name: 'Credentials',
    description: 'What an app gives Fanfare to speak to push services. Encrypted at rest, never shown again.',
  },
  { name: 'API keys', description: 'Who may call for an app, each in a role.' },
  { name: 'Roles', description: 'What keys may do: four roles that are built in, and the app’s own.' },
  {
    name: 'Webhooks',
    description: 'Where an app hears of what happens: signed, retried, logged, and sent again on demand.',
  },
  { name: 'Tokens', description: 'A part of a key’s rights, lent for at most an hour.' },
  {
    name: 'Secrets',
    description: 'What Fanfare makes for an app and never shows: published in half, rotated, sealed anew.',
  },
  { name: 'Devices', description: 'Who can be reached, and where.' },
  { name: 'Quarantine', description: 'Devices that were called dead when so many were that it is doubted.' },
  { name: 'Topics', description: 'Names that devices subscribe to.' },
  { name: 'Notifications', description: 'Sends, their counts and the fate of every delivery.' },
  { name: 'Dead letters', description: 'Recipients that were given up, and sending to them again.' },
  { name: 'Receipts', description: 'What devices report: delivered, opened, clicked, dismissed.' },
  { name: 'Audit', description: 'Who did what, from where and when, in a chain that shows what was done to it.' },
  { name: 'Platform', description: 'About the platform itself.' },
]

const SECURITY_SCHEMES = {
  rootKey: bearer('The operator’s key: the secret ROOT_KEY of the Worker.'),
  appKey: bearer('An API key of the app (`sk_…`, `pk_…`) or a short-lived token, with the scope named.'),
  deviceKey: bearer('The device’s own key (`dk_…`), answered when it registers.'),
}

export function buildOpenApiDocument(api: OpenAPIHono<ApiEnv>): OpenApiDocument {
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Fanfare',
      version: '1',
      description: INTRODUCTION,
      license: { name: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: TAGS,
  })
  const components = { ...document.components, securitySchemes: SECURITY_SCHEMES }
  const paths = Object.fromEntries(Object.entries(document.paths ?? {}).map(([path, item]) => [path, withCommon(item)]))
  return { ...document, paths, components }
}

function withCommon(item: PathItem): PathItem {
  const completed: PathItem = { ...item }
  for (const method of METHODS) {
    const operation = item[method]
    if (operation !== undefined) completed[method] = { ...operation, responses: withCommonProblems(operation) }
  }
  return completed
}

/** A status that the route documents itself keeps its own examples, and gets the common ones beside them. */
function withCommonProblems(operation: Operation): Operation['responses'] {
  const responses = { ...operation.responses }
  for (const [status, common] of Object.entries(problems(...commonCodes(operation)))) {
    const own = responses[status]
    const examples = { ...common.content[PROBLEM_JSON].examples, ...own?.content?.[PROBLEM_JSON]?.examples }
    const description = [own?.description, common.description].filter(Boolean).join(' ')
    responses[status] = { description, content: { [PROBLEM_JSON]: { schema: PROBLEM_REF, examples } } }
  }
  return responses
}

const PROBLEM_JSON = 'application/problem+json'
const PROBLEM_REF = { $ref: '#/components/schemas/Problem' }

function commonCodes(operation: Operation): ProblemCode[] {
  const codes: ProblemCode[] = []
  if (operation.requestBody !== undefined) {
    codes.push('bad_json', 'validation_failed', 'body_too_large', 'unsupported_media_type')
  } else if (operation.parameters !== undefined) {
    codes.push('validation_failed')
  }
  if (operation.security !== undefined && operation.security.length > 0)
    codes.push('unauthorized', 'token_expired', 'forbidden')
  codes.push('rate_limited', 'internal', 'overloaded')
  return codes
}

function bearer(description: string) {
  return { type: 'http' as const, scheme: 'bearer', description }
}
