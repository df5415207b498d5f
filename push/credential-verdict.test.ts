import { expect, it } from 'vitest'
import { verdictOfMint } from './credential-verdict.ts'
import type { Outcome } from './outcome.ts'

it.each<[string, Outcome, boolean | null, string]>([
  ['an account that Google refuses', { kind: 'misconfigured', reason: 'invalid_grant' }, false, 'invalid_grant'],
  ['a credential that was deleted', { kind: 'misconfigured', reason: 'no_credentials' }, false, 'no_credentials'],
  [
    'an outage of Google',
    { kind: 'later', reason: 'token_http_503', scope: 'credential', schedule: 'standard' },
    null,
    'token_http_503',
  ],
  ['no answer', { kind: 'unanswered', reason: 'timeout', sent: 'no' }, null, 'timeout'],
])('%s, without a provider token, says of the credential what can be known', (_what, outcome, works, reason) => {
  expect(verdictOfMint(outcome)).toMatchObject({ works, reason, detail: expect.stringMatching(/\.$/) })
})
