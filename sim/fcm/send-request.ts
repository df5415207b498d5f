/**
 * Judges one `POST /v1/projects/{project}/messages:send`, in Google's order: the access token, the project, the JSON,
 * the target, the message. Decides only.
 */
import type { Buffer } from 'node:buffer'
import type { Headers } from '../exchange.ts'
import type { AccessTokens, Grant } from './access-tokens.ts'
import { errorInfo, type Refusal, refuse, refuseField } from './errors.ts'
import { checkMessage, readTarget, type Target } from './message-rules.ts'
import { SEND_REQUEST } from './message-shape.ts'
import { refusalOf } from './reasons.ts'
import { checkShape, isObject } from './shapes.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** Either suffices: the documentation names the first, the discovery document the second. */
const SUFFICIENT_SCOPES = [
  'https://www.googleapis.com/auth/firebase.messaging',
  'https://www.googleapis.com/auth/cloud-platform',
]
const METADATA = { service: 'fcm.googleapis.com', method: 'google.firebase.fcm.v1.FcmService.SendMessage' }

export type SendVerdict =
  | {
      readonly ok: true
      readonly target: Target
      readonly message: JsonObject
      /** Our id in the data, by which duplicates are known. */
      readonly fanfareId: string | null
      readonly validateOnly: boolean
    }
  | { readonly ok: false; readonly address: string | null; readonly refusal: Refusal }

/**
 * Judges a request.
 *
 * @param projectId from the path
 * @param now epoch ms
 */
export function judgeSend(
  projectId: string,
  headers: Headers,
  body: Buffer,
  accessTokens: AccessTokens,
  now: number,
): SendVerdict {
  const { authorization } = headers
  if (authorization === undefined) return no(missingCredential())
  const grant = accessTokens.find(authorization, now)
  if (grant === null) return no(refusalOf(401, 'UNAUTHENTICATED', ''))
  const forbidden = checkGrant(grant, projectId)
  if (forbidden !== null) return no(forbidden)
  return judgeBody(body)
}

function judgeBody(body: Buffer): SendVerdict {
  const request = parseJson(body)
  if (request === undefined) return no(invalidJson())
  const misshapen = checkShape(request, SEND_REQUEST, '')
  if (misshapen !== null) return no(misshapen)
  const { message, validate_only, validateOnly } = request as JsonObject
  if (!isObject(message)) return no(refuseField('message', 'Recipient of the message is not set.'))
  const target = readTarget(message)
  if ('status' in target) return no(target)
  const refusal = checkMessage(message, target, body.length)
  if (refusal !== null) return no(refusal, target.address)
  const fanfareId = isObject(message.data) ? message.data.fanfare_id : null
  return {
    ok: true,
    target,
    message,
    fanfareId: typeof fanfareId === 'string' ? fanfareId : null,
    validateOnly: (validate_only ?? validateOnly) === true,
  }
}

function no(refusal: Refusal, address: string | null = null): SendVerdict {
  return { ok: false, address, refusal }
}

function missingCredential(): Refusal {
  return refuse(
    'UNAUTHENTICATED',
    'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other ' +
      'valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    [errorInfo('CREDENTIALS_MISSING', 'googleapis.com', METADATA)],
    'UNAUTHENTICATED',
  )
}

function checkGrant(grant: Grant, projectId: string): Refusal | null {
  if (!SUFFICIENT_SCOPES.some((scope) => grant.scopes.has(scope))) {
    return refuse(
      'PERMISSION_DENIED',
      'Request had insufficient authentication scopes.',
      [errorInfo('ACCESS_TOKEN_SCOPE_INSUFFICIENT', 'googleapis.com', METADATA)],
      'PERMISSION_DENIED',
    )
  }
  if (grant.projectId === projectId) return null
  const permission = 'cloudmessaging.messages.create'
  const resource = `projects/${projectId}`
  return refuse(
    'PERMISSION_DENIED',
    `Permission '${permission}' denied on resource '//cloudresourcemanager.googleapis.com/${resource}' ` +
      '(or it may not exist).',
    [errorInfo('IAM_PERMISSION_DENIED', 'cloudresourcemanager.googleapis.com', { permission, resource })],
    'PERMISSION_DENIED',
  )
}

/** undefined when it is not JSON. */
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function invalidJson(): Refusal {
  const message = 'Invalid JSON payload received. Unexpected token.'
  return refuse('INVALID_ARGUMENT', message, [], 'INVALID_ARGUMENT')
}
