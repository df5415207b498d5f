/** The objects that wrangler.toml binds. */
export { Meter } from './meter.ts'
export { Notification } from './notification.ts'
export { Order } from './order.ts'
export { Signer } from './signer.ts'
export { SubscriberShard } from './subscriber-shard.ts'
export { Throttle } from './throttle.ts'
export { Topic } from './topic.ts'
export { WebhookOutbox } from './webhook-outbox.ts'
