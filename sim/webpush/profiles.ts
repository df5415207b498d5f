/**
 * Which push services a subscription can belong to. A table; each service is a file of its own.
 */
import type { Profile } from './profile.ts'
import { apple } from './profile-apple.ts'
import { chrome } from './profile-chrome.ts'
import { mozilla } from './profile-mozilla.ts'
import { wns } from './profile-wns.ts'

export const PROFILES = { mozilla, apple, chrome, wns } as const satisfies Record<string, Profile>
export type ProfileName = keyof typeof PROFILES

export function isProfileName(value: unknown): value is ProfileName {
  return typeof value === 'string' && Object.hasOwn(PROFILES, value)
}
