/**
 * Google's OAuth token endpoint for service accounts: judges the assertion (RFC 7523, as
 * developers.google.com/identity/protocols/oauth2/service-account restricts it) and words the refusal as Google does.
 * Decides only; the endpoint is in oauth.ts.
 */
import { type CompactVerifyResult, compactVerify, errors } from 'jose'
import type { ServiceAccount, ServiceAccounts } from './service-accounts.ts'

/** Always Google's, also when the request goes to a simulator. */
export const TOKEN_AUDIENCE = 'https://oauth2.googleapis.com/token'
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const SCOPE_PREFIX = 'https://www.googleapis.com/auth/'
const MAX_LIFETIME_SECONDS = 3600
/** How far the sender's clock may be off. */
const CLOCK_LEEWAY_SECONDS = 300

export type TokenVerdict =
  | { readonly ok: true; readonly account: ServiceAccount; readonly scopes: ReadonlySet<string> }
  | ({ readonly ok: false } & TokenRefusal)

export interface TokenRefusal {
  readonly status: number
  readonly error: string
  readonly description: string
}

interface Claims {
  readonly iss?: unknown
  readonly aud?: unknown
  readonly scope?: unknown
  readonly iat?: unknown
  readonly exp?: unknown
}

export const INVALID_SIGNATURE = refusal('invalid_grant', 'Invalid JWT Signature.')
export const UNREASONABLE_TIME = refusal(
  'invalid_grant',
  'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. ' +
    'Check your iat and exp values in the JWT claim.',
)
export const DELETED_CLIENT = refusal('deleted_client', 'The OAuth client was deleted.', 401)

function refusal(error: string, description: string, status = 400): TokenRefusal {
  return { status, error, description }
}

/**
 * Judges a request to the token endpoint.
 *
 * @param form the decoded form body
 * @param now epoch ms
 */
export async function judgeTokenRequest(
  form: URLSearchParams,
  accounts: ServiceAccounts,
  now: number,
): Promise<TokenVerdict> {
  const grantType = form.get('grant_type')
  if (grantType !== JWT_BEARER) {
    return no(refusal('unsupported_grant_type', `Invalid grant_type: ${grantType ?? ''}`))
  }
  const assertion = form.get('assertion')
  if (assertion === null) return no(refusal('invalid_request', 'Missing required parameter: assertion'))
  const claims = readClaims(assertion)
  if (claims === null) return no(refusal('invalid_grant', 'Invalid JWT: not a JWS in compact form.'))
  const account = typeof claims.iss === 'string' ? accounts.find(claims.iss) : null
  if (account === null) return no(refusal('invalid_grant', 'Invalid grant: account not found'))
  if (!(await isSignedBy(account, assertion))) return no(INVALID_SIGNATURE)
  return judgeClaims(claims, account, now)
}

function judgeClaims({ aud, scope, iat, exp }: Claims, account: ServiceAccount, now: number): TokenVerdict {
  if (aud !== TOKEN_AUDIENCE) {
    const right = `The right audience is ${TOKEN_AUDIENCE}`
    return no(refusal('invalid_grant', `Invalid JWT: Failed audience check. ${right}`))
  }
  if (!isReasonableTime(iat, exp, now / 1000)) return no(UNREASONABLE_TIME)
  const scopes = typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : []
  if (scopes.length === 0 || !scopes.every((name) => name.startsWith(SCOPE_PREFIX))) {
    return no(refusal('invalid_scope', 'Invalid OAuth scope or ID token audience provided.'))
  }
  return { ok: true, account, scopes: new Set(scopes) }
}

function no(reason: TokenRefusal): TokenVerdict {
  return { ok: false, ...reason }
}

function isReasonableTime(iat: unknown, exp: unknown, nowSeconds: number): boolean {
  return (
    typeof iat === 'number' &&
    typeof exp === 'number' &&
    iat <= nowSeconds + CLOCK_LEEWAY_SECONDS &&
    exp > nowSeconds &&
    exp > iat &&
    exp - iat <= MAX_LIFETIME_SECONDS
  )
}

function readClaims(assertion: string): Claims | null {
  const parts = assertion.split('.')
  if (parts.length !== 3) return null
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1]!, 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null ? claims : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** RS256 by any key of the account. A header without `typ` and `kid` is fine: firebase-admin sends none. */
async function isSignedBy(account: ServiceAccount, assertion: string): Promise<boolean> {
  for (const { publicKey } of account.keys) {
    if ((await verify(assertion, publicKey)) !== null) return true
  }
  return false
}

async function verify(
  assertion: string,
  publicKey: ServiceAccount['keys'][number]['publicKey'],
): Promise<CompactVerifyResult | null> {
  try {
    return await compactVerify(assertion, publicKey, { algorithms: ['RS256'] })
  } catch (error) {
    if (error instanceof errors.JOSEError) return null
    throw error
  }
}
