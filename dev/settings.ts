/**
 * Which variables and secrets the local Worker gets. Pure: what was given, configured and kept goes in.
 */
import type { LocalKeys } from './local-keys.ts'

export type Vars = Readonly<Record<string, string>>

export interface Settings {
  /** Everything but what only a started egress can tell. */
  readonly vars: Vars
  /** Nobody said where pushes leave, so an egress is to be started for them. */
  readonly wantsEgress: boolean
  /** The root key was made here, so its owner has to be told. */
  readonly rootKeyMade: boolean
}

/**
 * @param given on the command line; an empty text is a decision too (`--var EGRESS_URL:` means direct)
 * @param configured in wrangler.toml and .dev.vars, where an empty text means that nothing was decided
 * @param kept beside the state by an earlier start
 */
export function decideSettings(given: Vars, configured: Vars, kept: LocalKeys): Settings {
  const vars = { ...configured, ...given }
  const decided = (name: string) => given[name] !== undefined || Boolean(configured[name])
  const made: Record<string, string> = { ROOT_KEY: kept.rootKey, CREDENTIALS_KEY: kept.credentialsKey }
  for (const [name, value] of Object.entries(made)) if (!decided(name)) vars[name] = value
  return { vars, wantsEgress: !decided('EGRESS_URL'), rootKeyMade: !decided('ROOT_KEY') }
}

/**
 * Where a local egress may connect to, beside the well-known push services: the configured bases, and what the
 * operator allows Web Push endpoints to name, over https and http alike.
 */
export function egressHosts(vars: Vars): string[] {
  const bases = [vars.FCM_URL, vars.APNS_URL, vars.APNS_SANDBOX_URL].filter((base) => base !== undefined && base !== '')
  const hosts = (vars.WEBPUSH_ALLOWED_HOSTS ?? '').split(',').map((host) => host.trim())
  const named = hosts.filter((host) => host !== '').flatMap((host) => [`https://${host}`, `http://${host}`])
  return [...new Set([...bases.map((base) => new URL(base!).origin), ...named])]
}
