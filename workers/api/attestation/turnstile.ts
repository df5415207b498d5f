/**
 * Cloudflare Turnstile, asked whether a client's response is good: one POST to `siteverify`
 * (developers.cloudflare.com/turnstile/get-started/server-side-validation). What it answers is read as a stranger's.
 */
import { z } from 'zod'
import type { AskProvider, AttestationVerdict } from '../../../push/attestation.ts'

const PATH = '/turnstile/v0/siteverify'

const answerShape = z.object({ success: z.boolean(), 'error-codes': z.array(z.string().max(100)).max(20).default([]) })

/** Words about the response. All others are about the secret, the request or Turnstile itself. */
const CLIENTS_FAULT = ['missing-input-response', 'invalid-input-response', 'timeout-or-duplicate']

/** @param where TURNSTILE_URL */
export const askTurnstile: AskProvider = async (where, secret, { word, address, deadlineMs }) => {
  try {
    const response = await fetch(new URL(PATH, where), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ secret, response: word, ...(address !== null && { remoteip: address }) }),
      // A secret is not carried to wherever somebody points.
      redirect: 'manual',
      signal: AbortSignal.timeout(deadlineMs),
    })
    return read(answerShape.safeParse(await response.json()), response.status)
  } catch (error) {
    return { kind: 'unavailable', reason: String(error) }
  }
}

/** Success is believed with status 200 only; that a response is wrong comes with any. */
function read(answer: z.ZodSafeParseResult<z.infer<typeof answerShape>>, status: number): AttestationVerdict {
  if (!answer.success) return { kind: 'unavailable', reason: `an answer that cannot be read, with status ${status}` }
  const { success, 'error-codes': words } = answer.data
  if (success && status === 200) return { kind: 'passed' }
  const reason = words.join(', ') || `status ${status}`
  const isClients = words.length > 0 && words.every((word) => CLIENTS_FAULT.includes(word))
  return { kind: isClients && !success ? 'failed' : 'unavailable', reason }
}
