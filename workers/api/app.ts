/**
 * The HTTP API: what every request goes through, and one file a resource. No handler of its own.
 */
import { methodNotAllowed } from 'hono/method-not-allowed'
import { appSecrets } from './app-secrets.ts'
import { apps } from './apps.ts'
import { attestations } from './attestations.ts'
import { audit } from './audit.ts'
import { credentialCheck } from './credential-check.ts'
import { credentials } from './credentials.ts'
import { crossOrigin } from './cross-origin.ts'
import { deadLetters } from './dead-letters.ts'
import { deliveries } from './deliveries.ts'
import { deviceImport } from './device-import.ts'
import { deviceKeys } from './device-keys.ts'
import { devices } from './devices.ts'
import { respondToError } from './error-response.ts'
import { health } from './health.ts'
import { jwks } from './jwks.ts'
import { keys } from './keys.ts'
import { notifications } from './notifications.ts'
import { ApiProblem } from './problem.ts'
import { quarantine } from './quarantine.ts'
import { quotas } from './quotas.ts'
import { receipts } from './receipts.ts'
import { mountReference } from './reference.ts'
import { nameRequest } from './request-id.ts'
import { limitRequests } from './request-limits.ts'
import { requireHttps } from './require-https.ts'
import { reseal } from './reseal.ts'
import { roles } from './roles.ts'
import { rotateKey } from './rotate-key.ts'
import { newRouter } from './router.ts'
import { keepNothing, securityHeaders } from './security-headers.ts'
import { settings } from './settings.ts'
import { stuckWork } from './stuck-work.ts'
import { tokens } from './tokens.ts'
import { topics } from './topics.ts'
import { unsubscribe } from './unsubscribe.ts'
import { webhookDeliveries } from './webhook-deliveries.ts'
import { webhooks } from './webhooks.ts'

export const api = newRouter()

api.onError((error, c) => respondToError(error, c))
api.notFound((c) => respondToError(new ApiProblem('route_not_found', `${c.req.path} is no route. See /docs.`), c))

api.use(nameRequest)
api.use(securityHeaders)
api.use(keepNothing)
api.use(requireHttps)
api.use(limitRequests)
api.use(crossOrigin(api))
api.use(
  methodNotAllowed({
    app: api,
    onMethodNotAllowed: (c, methods) => {
      const allowed = methods.join(', ')
      const problem = new ApiProblem('method_not_allowed', `${c.req.path} takes ${allowed}, not ${c.req.method}.`)
      const response = respondToError(problem, c)
      response.headers.set('Allow', allowed)
      return response
    },
  }),
)

for (const resource of [
  apps,
  settings,
  quotas,
  attestations,
  credentials,
  credentialCheck,
  appSecrets,
  jwks,
  reseal,
  keys,
  rotateKey,
  roles,
  tokens,
  devices,
  deviceKeys,
  deviceImport,
  topics,
  unsubscribe,
  webhooks,
  webhookDeliveries,
  notifications,
  deliveries,
  deadLetters,
  stuckWork,
  receipts,
  quarantine,
  audit,
  health,
]) {
  api.route('/', resource)
}

mountReference(api)
