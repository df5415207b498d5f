/**
 * From NDJSON to registrations, line by line: a line that cannot be taken is reported and the others are not
 * touched. Looks nothing up.
 */
import type { AllowedHosts } from '../../push/outbound-url.ts'
import type { Caller } from './caller.ts'
import { registrationBody } from './device-body.ts'
import { ApiProblem, type ProblemCode } from './problem.ts'
import { readRegistration } from './read-registration.ts'
import type { TopicRegistration } from './register-devices.ts'
import { refuseUnfitJson } from './unfit-json.ts'
import { explainZodError } from './validation.ts'
import { requireTopicsWithin } from './within-limits.ts'

export const MAX_IMPORT_LINES = 10_000
/** Each costs a few calls to the topic's objects; a device import is not how topics are made by the thousand. */
export const MAX_IMPORT_TOPICS = 100

/** Why a line was not imported. Lines count from 1, empty ones included. */
export interface LineError {
  readonly line: number
  readonly code: ProblemCode
  readonly detail: string
  readonly param?: string
}

/** A registration and where it stood. */
export interface ImportedRegistration extends TopicRegistration {
  readonly line: number
}

export interface ReadImport {
  readonly registrations: ImportedRegistration[]
  /** In the order of the lines. */
  readonly errors: LineError[]
}

/** @throws ApiProblem `too_many_lines` */
export async function readImport(text: string, allowed: AllowedHosts, caller: Caller): Promise<ReadImport> {
  const lines = text
    .split('\n')
    .map((json, index) => ({ json: json.trim(), line: index + 1 }))
    .filter(({ json }) => json !== '')
  if (lines.length > MAX_IMPORT_LINES) {
    const detail = `The import has ${lines.length} lines; ${MAX_IMPORT_LINES} are taken at once. Send it in parts.`
    throw new ApiProblem('too_many_lines', detail)
  }
  const readings = await Promise.all(lines.map(({ json, line }) => readLine(json, line, allowed, caller)))
  const topics = new Set<string>()
  const registrations: ImportedRegistration[] = []
  const errors: LineError[] = []
  readings.forEach((reading, index) => {
    if ('code' in reading) errors.push(reading)
    else if (!fits(topics, reading.topics)) errors.push(tooManyTopics(lines[index]!.line))
    else registrations.push({ ...reading, line: lines[index]!.line })
  })
  return { registrations, errors }
}

async function readLine(
  json: string,
  line: number,
  allowed: AllowedHosts,
  caller: Caller,
): Promise<TopicRegistration | LineError> {
  try {
    const sent = parseJson(json)
    const parsed = registrationBody.safeParse(sent)
    if (!parsed.success) throw explainZodError(parsed.error)
    refuseUnfitJson(sent)
    const registration = await readRegistration(parsed.data, allowed)
    requireTopicsWithin(caller, parsed.data.topics ?? [])
    return registration
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error
    return lineError(line, error)
  }
}

/** What a line is answered that a request of its own would have been refused for. */
export function lineError(line: number, { code, message, param }: ApiProblem): LineError {
  return { line, code, detail: message, param: param ?? undefined }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new ApiProblem('bad_json', 'The line is not JSON.', { cause: error })
  }
}

/** Adds the topics to the import's, if there is room for them all. */
function fits(topics: Set<string>, wanted: readonly string[]): boolean {
  const fresh = wanted.filter((topic) => !topics.has(topic))
  if (topics.size + fresh.length > MAX_IMPORT_TOPICS) return false
  for (const topic of fresh) topics.add(topic)
  return true
}

function tooManyTopics(line: number): LineError {
  const detail = `The lines before this one name ${MAX_IMPORT_TOPICS} topics, the most in one import. Send it in parts.`
  return { line, code: 'validation_failed', detail, param: '/topics' }
}
