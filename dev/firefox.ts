/**
 * Firefox as a push device of the Web Push simulator: where the browser is, and the preferences that point it there.
 */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Names that Firefox goes by: Debian's long-term release, and everybody else's. */
const NAMES = ['firefox-esr', 'firefox']

export const FIREFOX_MISSING = 'Firefox is not installed. On Debian: apt-get install firefox-esr'

/** The path of the first of these programs that is on the PATH, or null. */
export function findProgram(names: readonly string[]): string | null {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name)
      if (existsSync(path)) return path
    }
  }
  return null
}

export function findFirefox(): string | null {
  return findProgram(NAMES)
}

export type Preferences = Readonly<Record<string, string | number | boolean>>

/**
 * Preferences that make Firefox keep its push connection with a server of ours instead of Mozilla's.
 *
 * @param socketUrl `ws://…`, where the simulator speaks Mozilla's WebSocket push protocol
 */
export function pushPreferences(socketUrl: string): Preferences {
  return {
    'dom.push.enabled': true,
    'dom.push.connection.enabled': true,
    'dom.push.serverURL': socketUrl,
    // Firefox insists on wss: otherwise.
    'dom.push.testing.allowInsecureServerURL': true,
  }
}

/** Without a desktop to show them, showNotification() rejects unless Firefox draws notifications itself. */
export const DRAW_NOTIFICATIONS: Preferences = { 'alerts.useSystemBackend': false }

/** Answers every permission question with yes: for a browser that nobody sits in front of. */
export const UNATTENDED: Preferences = {
  'dom.webnotifications.enabled': true,
  // 1: allow.
  'permissions.default.desktop-notification': 1,
  'dom.push.testing.ignorePermission': true,
  ...DRAW_NOTIFICATIONS,
}
