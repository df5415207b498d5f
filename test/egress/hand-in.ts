/** Hands a ticket to an egress as the Worker does, and gathers the answers. */
import { decodeAnswers } from '../../push/egress-answers.ts'
import { DELIVER_PATH, encodeTicket } from '../../push/egress-wire.ts'
import type { Answer, PushRequest } from '../../push/outcome.ts'

export const KEY = 'key-of-the-tests'

/** @returns the answers by index; fails when one comes twice */
export async function handIn(
  egressUrl: string,
  requests: PushRequest[],
  pool = 'pool',
  generation = 0,
): Promise<Answer[]> {
  const response = await post(egressUrl, encodeTicket(pool, requests, generation))
  if (response.status !== 200) throw new Error(`refused: ${response.status} ${await response.text()}`)
  return readAnswers(await response.text())
}

export function post(egressUrl: string, body: BodyInit, key = KEY): Promise<Response> {
  const init = { method: 'POST', headers: { authorization: `Bearer ${key}` }, body, duplex: 'half' }
  return fetch(egressUrl + DELIVER_PATH, init)
}

/** The metrics of an egress by their name without `fanfare_egress_`, labels included: `tickets`, `connections{host="…"}`. */
export async function readMetrics(egressUrl: string): Promise<Record<string, number>> {
  const response = await fetch(`${egressUrl}/metrics`, { headers: { authorization: `Bearer ${KEY}` } })
  const lines = [...(await response.text()).matchAll(/^fanfare_egress_(\S+) (\S+)$/gm)]
  return Object.fromEntries(lines.map(([, name, value]) => [name, Number(value)]))
}

export function readAnswers(text: string): Answer[] {
  const answers: Answer[] = []
  for (const line of text.split('\n')) {
    for (const [index, answer] of decodeAnswers(line)) {
      if (answers[index]) throw new Error(`request ${index} was answered twice`)
      answers[index] = answer
    }
  }
  return answers
}

/** Requests to paths of one origin that share their headers. */
export function requestsTo(origin: string, paths: string[], body: string | Uint8Array = '{}'): PushRequest[] {
  const sharedHeaders = { authorization: 'bearer x' }
  return paths.map((path) => ({ url: origin + path, sharedHeaders, ownHeaders: null, body }))
}

/** An answer in a few words, for tables: `200`, or `no: goaway`. */
export function inShort(answer: Answer | undefined): string {
  if (answer === undefined) return 'nothing'
  return answer.kind === 'response' ? String(answer.status) : `${answer.sent}: ${answer.reason}`
}
