/**
 * The closed vocabulary of what can go wrong, as one table, and the error that handlers throw. No Response is
 * made here (error-response.ts does that, alone).
 */

/** What the caller should do with the same request: send it again at once, after a while, or never. */
export type Retry = 'now' | 'backoff' | 'never'

interface ProblemKind {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 414 | 415 | 422 | 429 | 431 | 500 | 503
  readonly title: string
  readonly retry: Retry
}

/** code → status, title, retry. Codes are never renamed: programs switch on them. */
export const PROBLEMS = {
  bad_json: { status: 400, title: 'The body is not JSON', retry: 'never' },
  validation_failed: { status: 400, title: 'A field is missing, unknown or malformed', retry: 'never' },
  not_supported: { status: 400, title: 'This version does not support what was asked', retry: 'never' },
  invalid_cursor: { status: 400, title: 'The cursor is not one of ours', retry: 'never' },
  invalid_credential: { status: 400, title: 'The credential cannot work', retry: 'never' },
  invalid_device_token: { status: 400, title: 'The device token is malformed', retry: 'never' },
  invalid_subscription: { status: 400, title: 'The PushSubscription is malformed', retry: 'never' },
  endpoint_not_allowed: { status: 400, title: 'The endpoint is not at an allowed push service', retry: 'never' },
  webhook_url_not_allowed: { status: 400, title: 'The URL is not one that webhooks may have', retry: 'never' },
  invalid_topic: { status: 400, title: 'The topic name is malformed', retry: 'never' },
  reserved_data_key: { status: 400, title: 'The data key is reserved', retry: 'never' },
  payload_too_large: { status: 400, title: 'The push would exceed a push service’s limit', retry: 'never' },
  unauthorized: { status: 401, title: 'The bearer is missing or not valid', retry: 'never' },
  token_expired: { status: 401, title: 'The token has expired', retry: 'never' },
  forbidden: { status: 403, title: 'The caller may not do this', retry: 'never' },
  https_required: { status: 403, title: 'The request came over plain HTTP', retry: 'never' },
  origin_not_allowed: { status: 403, title: 'Pages of this origin may not call for this app', retry: 'never' },
  app_key_required: { status: 403, title: 'This call needs a key of an app', retry: 'never' },
  user_mismatch: { status: 403, title: 'The caller may not act for this user', retry: 'never' },
  attestation_required: { status: 403, title: 'The app asks for an attestation', retry: 'never' },
  attestation_failed: { status: 403, title: 'The attestation is not good', retry: 'never' },
  scope_not_allowed: { status: 403, title: 'This is more than may be given away', retry: 'never' },
  outside_limits: { status: 403, title: 'The caller is limited to other topics or categories', retry: 'never' },
  not_found: { status: 404, title: 'There is no such thing in this app', retry: 'never' },
  route_not_found: { status: 404, title: 'There is no such route', retry: 'never' },
  method_not_allowed: { status: 405, title: 'The route does not know this method', retry: 'never' },
  idempotency_in_flight: { status: 409, title: 'The first request with this key is still running', retry: 'backoff' },
  confirmation_required: { status: 409, title: 'A send to so many has to be confirmed', retry: 'never' },
  key_not_current: { status: 409, title: 'The key was replaced, revoked, or has expired', retry: 'never' },
  address_in_use: { status: 409, title: 'Another device has this address', retry: 'never' },
  role_in_use: { status: 409, title: 'Keys have this role', retry: 'never' },
  too_many_roles: { status: 409, title: 'The app has as many roles as it may', retry: 'never' },
  too_many_webhooks: { status: 409, title: 'The app has as many webhooks as it may have', retry: 'never' },
  webhook_disabled: { status: 409, title: 'The webhook is disabled', retry: 'never' },
  body_too_large: { status: 413, title: 'The body is too large', retry: 'never' },
  too_many_lines: { status: 413, title: 'The import has too many lines', retry: 'never' },
  url_too_long: { status: 414, title: 'The URL is too long', retry: 'never' },
  unsupported_media_type: { status: 415, title: 'The body has another media type', retry: 'never' },
  idempotency_mismatch: { status: 422, title: 'The idempotency key was used with another body', retry: 'never' },
  rate_limited: { status: 429, title: 'Too many requests', retry: 'backoff' },
  quota_exceeded: { status: 429, title: 'A quota of the app is used up', retry: 'backoff' },
  headers_too_large: { status: 431, title: 'The headers are too large', retry: 'never' },
  internal: { status: 500, title: 'Something went wrong on our side', retry: 'backoff' },
  root_key_missing: { status: 503, title: 'ROOT_KEY is not set', retry: 'never' },
  credentials_key_missing: { status: 503, title: 'CREDENTIALS_KEY is not set', retry: 'never' },
  credentials_key_invalid: { status: 503, title: 'CREDENTIALS_KEY is not 32 bytes in base64', retry: 'never' },
  credential_unreadable: { status: 503, title: 'CREDENTIALS_KEY does not open a stored secret', retry: 'never' },
  attestation_unavailable: { status: 503, title: 'The attestation cannot be checked now', retry: 'backoff' },
  overloaded: { status: 503, title: 'The platform is overloaded', retry: 'backoff' },
} as const satisfies Record<string, ProblemKind>

export type ProblemCode = keyof typeof PROBLEMS

interface ProblemParts {
  /** JSON pointer into the body (`/data/k`), or the name of a query, path or header parameter. */
  readonly param?: string
  /** Sent as `Retry-After`. */
  readonly retryAfterSeconds?: number
  /** Sent beside the usual ones. */
  readonly headers?: Readonly<Record<string, string>>
  /** Members of the answer beside the usual ones (RFC 9457 §3.2). */
  readonly members?: Readonly<Record<string, string | number | null>>
  /** What it was made from; logged, never shown. */
  readonly cause?: unknown
}

/** Thrown by handlers and middleware; the caller sees everything but the cause. */
export class ApiProblem extends Error {
  readonly code: ProblemCode
  readonly param: string | null
  readonly retryAfterSeconds: number | null
  readonly headers: Readonly<Record<string, string>>
  readonly members: Readonly<Record<string, string | number | null>>

  /** @param detail what is wrong with this request and what to do about it, for a person to read */
  constructor(code: ProblemCode, detail: string, parts: ProblemParts = {}) {
    super(detail, { cause: parts.cause })
    this.name = 'ApiProblem'
    this.code = code
    this.param = parts.param ?? null
    this.retryAfterSeconds = parts.retryAfterSeconds ?? null
    this.headers = parts.headers ?? {}
    this.members = parts.members ?? {}
  }
}
