/** How large a body may be. Bodies are counted while they are read, so a missing Content-Length hides nothing. */
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ApiEnv } from './context.ts'
import { ApiProblem } from './problem.ts'

const MEBIBYTE = 1024 * 1024
/** Far more than any push service takes in one push. */
const BODY_LIMIT_BYTES = MEBIBYTE
/** 10,000 lines of 1.6 kB: a PushSubscription with its keys, attributes and topics. */
const IMPORT_LIMIT_BYTES = 16 * MEBIBYTE

const IMPORT_PATH = '/v1/devices/import'

const limitBody = limitTo(BODY_LIMIT_BYTES)
const limitImport = limitTo(IMPORT_LIMIT_BYTES)

export const limitBodies: MiddlewareHandler<ApiEnv> = (c, next) =>
  c.req.path === IMPORT_PATH ? limitImport(c, next) : limitBody(c, next)

function limitTo(maxSize: number): MiddlewareHandler<ApiEnv> {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new ApiProblem('body_too_large', `The body is over ${maxSize / MEBIBYTE} MiB. Send less at once.`)
    },
  })
}
