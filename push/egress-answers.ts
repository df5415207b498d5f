/**
 * Reading the lines that came back from the egress (egress-wire.ts): nothing in them is trusted. A line is read whole
 * before any of it counts. Pure.
 */
import type { AnswerLine } from './egress-wire.ts'
import type { Answer, NoAnswerReason } from './outcome.ts'

/** Thrown for a line that says nothing we know. What it may have meant stays in doubt. */
export class MalformedAnswers extends Error {
  override readonly name = 'MalformedAnswers'
}

type Positioned = readonly [position: number, answer: Answer]

/** The closed vocabulary as values; a reason of a later version is no reason to lose an answer. */
const REASONS: Readonly<Record<NoAnswerReason, true>> = {
  connect_failed: true,
  timeout: true,
  connection_lost: true,
  stream_reset: true,
  goaway: true,
  egress_lost: true,
  host_not_allowed: true,
  build_failed: true,
}

/**
 * Reads one line.
 *
 * @param line without its line feed; an empty one means only "still here"
 * @returns the answers by the position of their request in the ticket; a position may be one that the ticket lacks
 * @throws {MalformedAnswers}
 */
export function decodeAnswers(line: string): Positioned[] {
  if (line === '') return []
  const { accepted, responses, unanswered } = parse(line)
  const answers: Positioned[] = []
  for (const row of listOf(accepted, isRow)) readAccepted(row, answers)
  for (const row of listOf(responses, isRow)) answers.push(readResponse(row))
  for (const row of listOf(unanswered, isRow)) answers.push(readUnanswered(row))
  return answers
}

function parse(line: string): Partial<Record<keyof AnswerLine, unknown>> {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    throw new MalformedAnswers(`no JSON: ${line.slice(0, 80)}`)
  }
  insist(typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed), 'a line is no object')
  return parsed
}

function readAccepted(row: readonly unknown[], into: Positioned[]): void {
  const [status, positions] = row
  insist(isStatus(status) && status < 300, 'an acceptance without a status')
  const answer: Answer = { kind: 'response', status, headers: {}, body: '' }
  for (const position of listOf(positions, isPosition)) into.push([position, answer])
}

function readResponse([position, status, headers, body]: readonly unknown[]): Positioned {
  insist(isPosition(position) && isStatus(status), 'a response without a position or a status')
  insist(isHeaders(headers) && typeof body === 'string', 'a response without headers or a body')
  return [position, { kind: 'response', status, headers, body }]
}

function readUnanswered([position, sent, reason]: readonly unknown[]): Positioned {
  insist(isPosition(position) && (sent === 'no' || sent === 'maybe'), 'an absence that says nothing')
  return [position, { kind: 'no_answer', sent, reason: isReason(reason) ? reason : 'egress_lost' }]
}

function isPosition(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 200 && (value as number) < 600
}

function isHeaders(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((text) => typeof text === 'string')
}

function isReason(value: unknown): value is NoAnswerReason {
  return typeof value === 'string' && Object.hasOwn(REASONS, value)
}

/** A list that may be missing. */
function listOf<T>(value: unknown, isItem: (item: unknown) => item is T): readonly T[] {
  if (value === undefined) return []
  insist(Array.isArray(value) && value.every(isItem), 'a list that is none')
  return value
}

function isRow(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function insist(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new MalformedAnswers(otherwise)
}
