/**
 * The names of the simulated services, as the control API spells them. Nothing else.
 *
 * `oauth` is Google's token endpoint: it has faults, latency and counts of its own, so that a test can break the
 * access token without breaking the send.
 */

export const SERVICES = ['fcm', 'oauth', 'apns', 'webpush'] as const
export type Service = (typeof SERVICES)[number]

export function isService(value: unknown): value is Service {
  return SERVICES.some((service) => service === value)
}
