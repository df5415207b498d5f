/** The `{app}` of a path: whether there is such an app, for this caller. */
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { type App, readApp } from '../../schema/d1/apps.ts'
import { directoryDatabase } from '../../schema/databases.ts'
import type { ApiEnv } from './context.ts'
import { ApiProblem } from './problem.ts'

export const appIdField = z.string().openapi({
  description: 'The id of an app.',
  example: 'app_01kb3c8r9q4h7n2m5v8x1z6t3w0yd',
})

/**
 * The app, if the caller may see it. Another app's id is answered like one that does not exist.
 *
 * @throws ApiProblem `not_found`
 */
export async function requireApp(c: Context<ApiEnv>, appId: string): Promise<App> {
  const { caller } = c.var
  const own = caller.kind === 'root' || caller.appId === appId
  const app = own ? await readApp(directoryDatabase(c.env), appId) : null
  if (app === null) throw new ApiProblem('not_found', `There is no app ${appId} for this caller.`, { param: 'app' })
  return app
}
