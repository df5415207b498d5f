/**
 * Who the demo's devices are: a believable mix of platforms, languages and fates, the same in every run.
 * Pure: a device is a function of its number.
 */
import type { Platform } from '../../push/device.ts'
import { rollDice } from '../dice.ts'

/** What happens to a device's pushes; the simulators are told so by the beginning of its address. */
export const FATES = ['healthy', 'slow', 'busy', 'dead', 'broken'] as const
export type Fate = (typeof FATES)[number]

export interface DemoDevice {
  readonly platform: Platform
  readonly fate: Fate
  readonly userId: string
  readonly locale: string
  readonly timezone: string
  readonly appVersion: string
}

/** Chances add up to 1. */
type Shares<T> = readonly (readonly [value: T, share: number])[]

const PLATFORM_SHARES: Shares<Platform> = [
  ['fcm', 0.5],
  ['apns', 0.35],
  ['webpush', 0.15],
]

const FATE_SHARES: Shares<Fate> = [
  ['healthy', 0.93],
  // Uninstalled since: what a topic loses in a few weeks.
  ['dead', 0.03],
  ['slow', 0.015],
  // The service says 503 at first.
  ['busy', 0.015],
  // The service refuses every push to it.
  ['broken', 0.01],
]

const PLACE_SHARES: Shares<readonly [locale: string, timezone: string]> = [
  [['en-US', 'America/New_York'], 0.22],
  [['en-US', 'America/Los_Angeles'], 0.14],
  [['en-GB', 'Europe/London'], 0.12],
  [['de-DE', 'Europe/Berlin'], 0.12],
  [['fr-FR', 'Europe/Paris'], 0.08],
  [['es-MX', 'America/Mexico_City'], 0.08],
  [['pt-BR', 'America/Sao_Paulo'], 0.08],
  [['hi-IN', 'Asia/Kolkata'], 0.07],
  [['ja-JP', 'Asia/Tokyo'], 0.06],
  [['ar-EG', 'Africa/Cairo'], 0.03],
]

const VERSION_SHARES: Shares<string> = [
  ['3.2.0', 0.6],
  ['3.1.4', 0.25],
  ['3.0.1', 0.1],
  ['2.9.8', 0.05],
]

/** Three users have four devices: every fourth device is the second one of the user before it. */
const DEVICES_PER_ROUND = 4

/** @param index from 0 */
export function demoDevice(index: number): DemoDevice {
  const dice = rollDice(index)
  const [locale, timezone] = pick(PLACE_SHARES, dice())
  const round = Math.floor(index / DEVICES_PER_ROUND)
  const userInRound = Math.min(index % DEVICES_PER_ROUND, DEVICES_PER_ROUND - 2)
  return {
    platform: pick(PLATFORM_SHARES, dice()),
    fate: pick(FATE_SHARES, dice()),
    userId: `user-${round * (DEVICES_PER_ROUND - 1) + userInRound + 1}`,
    locale,
    timezone,
    appVersion: pick(VERSION_SHARES, dice()),
  }
}

/** How many of the first `count` devices are of each platform and fate. */
export function countMix(count: number): Record<Platform, Record<Fate, number>> {
  const counts = { fcm: noFates(), apns: noFates(), webpush: noFates() }
  for (let index = 0; index < count; index++) {
    const { platform, fate } = demoDevice(index)
    counts[platform][fate] += 1
  }
  return counts
}

function noFates(): Record<Fate, number> {
  return { healthy: 0, slow: 0, busy: 0, dead: 0, broken: 0 }
}

function pick<T>(shares: Shares<T>, chance: number): T {
  let rest = chance
  for (const [value, share] of shares) {
    rest -= share
    if (rest < 0) return value
  }
  return shares[0]![0]
}
