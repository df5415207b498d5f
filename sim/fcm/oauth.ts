/**
 * Answers `POST /token`: a judged assertion becomes an access token, a refusal or a scripted fault. The address of a
 * fault is the account's e-mail.
 */
import type { Desk } from '../desk.ts'
import type { Exchange } from '../exchange.ts'
import { runAfter } from '../run-after.ts'
import type { AccessTokens } from './access-tokens.ts'
import { JSON_HEADERS, refuseWithHtml } from './errors.ts'
import { playEffect } from './play-effect.ts'
import type { ServiceAccount, ServiceAccounts } from './service-accounts.ts'
import {
  DELETED_CLIENT,
  INVALID_SIGNATURE,
  judgeTokenRequest,
  type TokenRefusal,
  UNREASONABLE_TIME,
} from './token-request.ts'

/** One less than the hour that it lives, as Google says. */
const EXPIRES_IN_SECONDS = 3599

/** The refusals that a fault can ask for by name. */
const FAULTS: Readonly<Record<string, TokenRefusal>> = {
  invalid_grant: INVALID_SIGNATURE,
  invalid_grant_clock: UNREASONABLE_TIME,
  deleted_client: DELETED_CLIENT,
  internal_failure: { status: 500, error: 'internal_failure', description: 'Internal error encountered.' },
}

export interface OAuthState {
  readonly accounts: ServiceAccounts
  readonly accessTokens: AccessTokens
}

/** Answers one request to the token endpoint. */
export async function answerTokenRequest(desk: Desk, state: OAuthState, exchange: Exchange): Promise<void> {
  const form = new URLSearchParams(exchange.body.toString('utf8'))
  const verdict = await judgeTokenRequest(form, state.accounts, Date.now())
  if (!verdict.ok) {
    const { status, error } = verdict
    runAfter(desk.latency.of('oauth'), () => {
      record(desk, null, status, false, error)
      exchange.answer(status, JSON_HEADERS, errorBody(verdict))
    })
    return
  }
  const { account, scopes } = verdict
  const fault = desk.faults.decide('oauth', account.clientEmail)
  runAfter(desk.latency.of('oauth') + fault.delayMs, () => {
    if (fault.effect !== null) {
      playEffect(exchange, fault.effect, {
        record: (status, accepted, reason) => record(desk, account.clientEmail, status, accepted, reason),
        accept: () => grant(state, exchange, account, scopes),
        refuse: (status, reason) => describeFault(status, reason),
      })
      return
    }
    record(desk, account.clientEmail, 200, true)
    grant(state, exchange, account, scopes)
  })
}

function grant(state: OAuthState, exchange: Exchange, account: ServiceAccount, scopes: ReadonlySet<string>): void {
  const now = Date.now()
  const { projectId } = account
  const accessToken = state.accessTokens.issue({ projectId, scopes, expiresAt: now + EXPIRES_IN_SECONDS * 1000 }, now)
  const body = { access_token: accessToken, expires_in: EXPIRES_IN_SECONDS, token_type: 'Bearer' }
  exchange.answer(200, JSON_HEADERS, JSON.stringify(body))
}

function describeFault(status: number, reason = status >= 500 ? 'internal_failure' : 'invalid_grant') {
  if (status === 502) return refuseWithHtml(status, 'Server Error')
  const refusal = FAULTS[reason] ?? { status, error: reason, description: 'Bad Request' }
  return { status, headers: JSON_HEADERS, body: errorBody(refusal), reason: refusal.error }
}

function errorBody({ error, description }: TokenRefusal): string {
  return `${JSON.stringify({ error, error_description: description }, null, 2)}\n`
}

function record(desk: Desk, address: string | null, status: number, accepted: boolean, reason?: string): void {
  desk.inbox.record('oauth', address, { at: Date.now(), status, accepted, message_id: null, reason, payload: null })
}
