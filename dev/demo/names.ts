/** How the demo writes platforms, numbers and shares for people. Pure. */
import type { Platform } from '../../push/device.ts'

export const PLATFORM_NAMES: Record<Platform, string> = { fcm: 'FCM', apns: 'APNs', webpush: 'Web Push' }

/** 12345 as `12,345`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** `1 device`, `2 devices`. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`
}

/** A bar of `width` characters, `share` of it filled. */
export function drawBar(share: number, width: number): string {
  const filled = Math.round(Math.min(Math.max(share, 0), 1) * width)
  return '█'.repeat(filled) + '░'.repeat(width - filled)
}

/** Seconds with one decimal. */
export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
