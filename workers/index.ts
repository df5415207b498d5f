/** The Worker: HTTP in, queues in. Nothing else; see api/ and jobs/. */
import { api } from './api/app.ts'
import { consume } from './jobs/consume.ts'

export { Notification, Signer, SubscriberShard, Topic } from '../durable-objects/index.ts'

export default {
  fetch: (request, env, context) => api.fetch(request, env, context),
  queue: (batch, env) => consume(batch, env),
} satisfies ExportedHandler<Env, unknown>
