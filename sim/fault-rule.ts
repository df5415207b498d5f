/**
 * Reads a fault rule from the control API's JSON. Untrusted in, typed out; says which field is wrong.
 */
import { ControlError, type ControlRequest, optionalNumber, optionalText } from './control-route.ts'
import type { Effect, FaultRule } from './faults.ts'
import { isService, SERVICES } from './service.ts'

type Body = ControlRequest['body']

/** @throws ControlError 400 */
export function parseFaultRule(body: Body): FaultRule {
  const { service } = body
  if (!isService(service)) throw new ControlError(400, `"service" must be one of ${SERVICES.join(', ')}`)
  const probability = optionalNumber(body, 'probability', 0)
  if (probability !== undefined && probability > 1) throw new ControlError(400, '"probability" is at most 1')
  return {
    service,
    prefix: optionalText(body, 'prefix') ?? '',
    nth: optionalNumber(body, 'nth', 1),
    every: optionalNumber(body, 'every', 1),
    times: optionalNumber(body, 'times', 1),
    probability,
    effect: parseEffect(body.effect),
  }
}

/** @throws ControlError 400 */
export function parseEffect(value: unknown): Effect {
  if (typeof value !== 'object' || value === null) throw new ControlError(400, '"effect" must be an object')
  const body = value as Body
  switch (body.kind) {
    case 'status':
      return parseStatusEffect(body)
    case 'latency':
      return { kind: 'latency', ms: requireNumber(body, 'ms', 0) }
    case 'hang':
      return { kind: 'hang' }
    case 'reset':
      if (body.when === 'before' || body.when === 'after') return { kind: 'reset', when: body.when }
      throw new ControlError(400, '"effect.when" must be "before" or "after"')
    case 'goaway':
      return { kind: 'goaway', reason: optionalText(body, 'reason') }
    case 'unregistered':
      return { kind: 'unregistered', at: optionalNumber(body, 'at', 0) }
    case 'html':
      return { kind: 'html', status: requireNumber(body, 'status', 100) }
    default:
      throw new ControlError(400, `there is no effect ${JSON.stringify(body.kind)}`)
  }
}

function parseStatusEffect(body: Body): Effect {
  const { headers, retry_after } = body
  if (headers !== undefined && !isTextMap(headers)) {
    throw new ControlError(400, '"effect.headers" must map names to strings')
  }
  if (retry_after !== undefined && typeof retry_after !== 'number' && typeof retry_after !== 'string') {
    throw new ControlError(400, '"effect.retry_after" must be seconds or an HTTP date')
  }
  if (body.accepted !== undefined && typeof body.accepted !== 'boolean') {
    throw new ControlError(400, '"effect.accepted" must be true or false')
  }
  return {
    kind: 'status',
    status: requireNumber(body, 'status', 100),
    reason: optionalText(body, 'reason'),
    headers,
    body: body.body,
    retry_after,
    accepted: body.accepted,
  }
}

function requireNumber(body: Body, field: string, minimum: number): number {
  const value = optionalNumber(body, field, minimum)
  if (value === undefined) throw new ControlError(400, `"effect.${field}" is missing`)
  return value
}

function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string')
}
