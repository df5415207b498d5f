/** The push services by the names that people know. */
import type { Platform } from '../push/device.ts'

export const NAMES: Readonly<Record<Platform, string>> = { fcm: 'FCM', apns: 'APNs', webpush: 'Web Push' }
