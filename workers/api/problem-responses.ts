/**
 * Problems as the OpenAPI document shows them. The examples come from the same table as the answers.
 */
import { z } from '@hono/zod-openapi'
import { PROBLEMS, type ProblemCode } from './problem.ts'

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]

export const ProblemSchema = z
  .object({
    type: z.string().openapi({ description: 'Where the code is explained.', example: '/docs#error-not_found' }),
    title: z.string().openapi({ description: 'The code in words; the same for every occurrence.' }),
    status: z.int().openapi({ description: 'The HTTP status.' }),
    detail: z.string().openapi({ description: 'What is wrong with this request and what to do about it.' }),
    code: z.enum(CODES).openapi({ description: 'Stable: programs switch on it.' }),
    param: z.string().optional().openapi({ description: 'JSON pointer into the body, or the name of a parameter.' }),
    retry: z.enum(['now', 'backoff', 'never']).openapi({ description: 'When the same request may succeed.' }),
    request_id: z.string().openapi({ description: 'Names this request in the log.' }),
  })
  .openapi('Problem', { description: 'An error, as RFC 9457 defines it.' })

interface ProblemResponse {
  description: string
  content: { 'application/problem+json': { schema: typeof ProblemSchema; examples: Record<string, { value: object }> } }
}

type StatusOf<Code extends ProblemCode> = (typeof PROBLEMS)[Code]['status']

/** The `responses` of a route for these codes, one a status. */
export function problems<Code extends ProblemCode>(...codes: Code[]): { [S in StatusOf<Code>]: ProblemResponse } {
  const responses: Partial<Record<number, ProblemResponse>> = {}
  for (const status of new Set(codes.map((code) => PROBLEMS[code].status))) {
    responses[status] = responseFor(codes.filter((code) => PROBLEMS[code].status === status))
  }
  return responses as { [S in StatusOf<Code>]: ProblemResponse }
}

function responseFor(codes: ProblemCode[]): ProblemResponse {
  const examples = Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }]))
  const description = codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' ')
  return { description, content: { 'application/problem+json': { schema: ProblemSchema, examples } } }
}

function exampleOf(code: ProblemCode): object {
  const { status, title, retry } = PROBLEMS[code]
  return { type: `/docs#error-${code}`, title, status, detail: `${title}.`, code, retry, request_id: 'req_5f2c6e0a' }
}
