/** `/v1/apps/{app}/credentials/{platform}/check`: whether the push service takes a credential. */
import { createRoute, z } from '@hono/zod-openapi'
import { PLATFORMS } from '../../push/device.ts'
import { checkCredential } from '../jobs/check-credential.ts'
import { appIdField, requireApp } from './app-scope.ts'
import { allow } from './auth.ts'
import { instantField, instantOf } from './fields.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'
import { requireMasterKeys } from './secrets.ts'

const verdictAnswer = z
  .object({
    works: z
      .boolean()
      .nullable()
      .openapi({ description: 'null: the push service did not say. Check again in a while.' }),
    reason: z
      .string()
      .openapi({ description: 'A word for programs; mostly the push service’s own.', example: 'BadDeviceToken' }),
    detail: z.string().openapi({ description: 'What it means and what to do, for a person to read.' }),
    checked_at: instantField,
  })
  .openapi('CredentialCheck')

export const credentialCheck = newRouter()

credentialCheck.openapi(
  createRoute({
    method: 'post',
    path: '/v1/apps/{app}/credentials/{platform}/check',
    tags: ['Credentials'],
    summary: 'Check whether a credential works',
    description:
      'Asks the push service, and sends nothing to anybody. FCM: a message that is only validated. APNs: a silent push to a device ' +
      'token that Apple never issued; a bundle_id that Apple does not look at then shows with the first push. Web Push: there ' +
      'is no service to ask, so the pair and the subject are checked here.',
    ...allow('checkCredential'),
    request: { params: z.object({ app: appIdField, platform: z.enum(PLATFORMS) }) },
    responses: {
      200: { description: 'What was found out.', content: { 'application/json': { schema: verdictAnswer } } },
      ...problems('not_found', 'credentials_key_missing', 'credentials_key_invalid', 'credential_unreadable'),
    },
  }),
  async (c) => {
    const { app: appId, platform } = c.req.valid('param')
    const app = await requireApp(c, appId)
    const verdict = await checkCredential(c.env, requireMasterKeys(c.env), app.id, platform)
    if (verdict === null) {
      throw new ApiProblem('not_found', `The app has no ${platform} credential.`, { param: 'platform' })
    }
    return c.json({ ...verdict, checked_at: instantOf(Date.now()) }, 200)
  },
)
