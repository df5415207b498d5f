/** The Worker: HTTP in, queues in, the clock in. Nothing else; see api/ and jobs/. */
import { api } from './api/app.ts'
import { consume } from './jobs/consume.ts'
import { runJobs } from './jobs/cron.ts'
import { DEAD_QUEUE, reportDeadMessages } from './jobs/dead-queue.ts'

export {
  AuditLog,
  Meter,
  Notification,
  Order,
  Signer,
  SubscriberShard,
  Throttle,
  Topic,
  WebhookOutbox,
} from '../durable-objects/index.ts'

export default {
  fetch: (request, env, context) => api.fetch(request, env, context),
  queue: (batch, env) => (batch.queue === DEAD_QUEUE ? reportDeadMessages(batch, env) : consume(batch, env)),
  scheduled: ({ scheduledTime }, env) => runJobs(env, scheduledTime),
} satisfies ExportedHandler<Env, unknown>
