/**
 * The shape of a control API route, and how its JSON body is read. Each simulator brings its own routes;
 * control.ts serves them. No sockets here.
 */

export interface ControlRequest {
  /** What the `:name` segments of the path matched, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** The JSON body; `{}` when there is none. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface ControlAnswer {
  readonly status: number
  /** Sent as JSON; absent: no body. */
  readonly body?: unknown
}

export interface ControlRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Like `/inbox/:service/:address`. */
  readonly path: string
  readonly handle: (request: ControlRequest) => ControlAnswer | Promise<ControlAnswer>
}

/** Thrown by a route for a request that is wrong; answered as `{error}` with this status. */
export class ControlError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

type Body = ControlRequest['body']

/** A field of the body that must be text. @throws ControlError 400 */
export function requireText(body: Body, field: string): string {
  const value = optionalText(body, field)
  if (value === undefined) throw new ControlError(400, `"${field}" is missing`)
  return value
}

/** A field that is text or absent. @throws ControlError 400 */
export function optionalText(body: Body, field: string): string | undefined {
  const value = body[field]
  if (value === undefined || typeof value === 'string') return value
  throw new ControlError(400, `"${field}" must be a string`)
}

/** A field that is a number of at least `minimum`, or absent. @throws ControlError 400 */
export function optionalNumber(body: Body, field: string, minimum: number): number | undefined {
  const value = body[field]
  if (value === undefined) return undefined
  if (typeof value === 'number' && value >= minimum) return value
  throw new ControlError(400, `"${field}" must be a number of at least ${minimum}`)
}

/** A field that is a list of texts, or absent. @throws ControlError 400 */
export function optionalTexts(body: Body, field: string): readonly string[] | undefined {
  const value = body[field]
  if (value === undefined) return undefined
  if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string')) return value
  throw new ControlError(400, `"${field}" must be an array of strings`)
}
