/** Which calls the pages of an app make, by path: those of a client, of a device, and of anybody. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import { isClientCall } from './access.ts'
import type { ApiEnv } from './context.ts'

/** The methods of client calls at a path, in capitals; none: pages have no business there. */
export type ClientMethods = (path: string) => readonly string[]

interface Place {
  readonly method: string
  readonly pattern: RegExp
}

/** @param api with everything mounted */
export function readClientCalls(api: OpenAPIHono<ApiEnv>): ClientMethods {
  const places = api.openAPIRegistry.definitions.flatMap((definition): Place[] => {
    if (definition.type !== 'route') return []
    const { method, path, operationId } = definition.route
    if (operationId === undefined || !isClientCall(operationId)) return []
    return [{ method: method.toUpperCase(), pattern: patternOf(path) }]
  })
  return (path) => places.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
}

/** @param template `/v1/devices/{id}` */
function patternOf(template: string): RegExp {
  const parts = template.split(/\{\w+\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^/]+')}$`)
}
