/**
 * From zod's words to ours: which field is at fault and what is wrong with it. Pure.
 */
import type { z } from '@hono/zod-openapi'
import { ApiProblem } from './problem.ts'

type Issue = z.core.$ZodIssue

/** Where the checked value came from. A body's fields are JSON pointers, anything else is a bare name. */
type Target = 'json' | 'query' | 'param' | 'header' | 'cookie' | 'form'

/** A `validation_failed` problem about the first thing that is wrong. */
export function explainZodError(error: z.ZodError, target: Target = 'json'): ApiProblem {
  const issue = mostSpecific(error.issues)
  return fieldProblem(pathOf(issue), sentenceOf(issue), target)
}

/** A `validation_failed` problem about one field. @param sentence what is wrong with it, and what would be right */
export function fieldProblem(path: readonly PropertyKey[], sentence: string, target: Target = 'json'): ApiProblem {
  const param = target === 'json' ? pointerOf(path) : path.join('.')
  const detail = sentence.endsWith('.') ? sentence : `${sentence}.`
  return new ApiProblem('validation_failed', `${nameOf(path)}: ${detail}`, { param })
}

/**
 * A union reports every branch. The branch that got furthest into the value is the one that was meant.
 */
function mostSpecific(issues: readonly Issue[]): Issue {
  const first = issues[0]!
  if (first.code !== 'invalid_union') return first
  const deepest = first.errors
    .filter((branch) => branch.length > 0)
    .map((branch) => mostSpecific(branch))
    .reduce<Issue | null>((best, issue) => (best === null || depthOf(issue) > depthOf(best) ? issue : best), null)
  if (deepest === null || depthOf(deepest) === 0) return first
  return { ...deepest, path: [...first.path, ...deepest.path] }
}

function depthOf(issue: Issue): number {
  return pathOf(issue).length
}

function pathOf(issue: Issue): PropertyKey[] {
  return issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : [...issue.path]
}

/** RFC 6901. The whole document is ''. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'The body' : path.map(String).join('.')
}

function sentenceOf(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') return 'unknown field. Remove it, or look for a typing error.'
  if (issue.code === 'invalid_key') return `its name is not taken. ${issue.issues[0]!.message}.`
  return issue.message
    .replace(/^Invalid input: /, '')
    .replace(/^expected (.*), received undefined$/, 'is missing; it must be of type $1')
}
