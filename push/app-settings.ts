/**
 * What an app's admin decides about the app, and what the operator lets it have. Plain data and its defaults; how it
 * is stored and spelt on the wire is decided elsewhere.
 */

/** Decided by the app's admins. */
export interface AppSettings {
  /** Web origins whose pages may make client calls; null: any. */
  readonly allowedOrigins: readonly string[] | null
  /** Every push carries a signature that SDKs verify, and a receipt counts only with the proof that came with the push. */
  readonly signMessages: boolean
  /** The audit log says that a send was made, and not what it said. */
  readonly redactPayload: boolean
  /** How long audit entries are kept. */
  readonly auditRetentionDays: number
  /** A send to more recipients than this needs a confirmation; null: none does. */
  readonly confirmAboveRecipients: number | null
}

/** Decided by the operator: what an app may use up, and how fast. */
export interface AppQuotas {
  /** null: as much as it likes. Days are UTC. */
  readonly devices: number | null
  readonly sendsADay: number | null
  readonly recipientsADay: number | null
  /** Requests in ten seconds: of the whole app, of each key, and registrations by clients. null: what everybody has. */
  readonly requestsPer10Seconds: number | null
  readonly keyRequestsPer10Seconds: number | null
  readonly registrationsPer10Seconds: number | null
}

export const DEFAULT_SETTINGS: AppSettings = {
  // Bearers are never sent by a browser on its own, so any origin may call until an app says which.
  allowedOrigins: null,
  signMessages: false,
  redactPayload: true,
  // A year and a month: what a yearly review looks back on.
  auditRetentionDays: 400,
  // A campaign to a million people is prepared by somebody who can send two requests.
  confirmAboveRecipients: 1_000_000,
}

export const NO_QUOTAS: AppQuotas = {
  devices: null,
  sendsADay: null,
  recipientsADay: null,
  requestsPer10Seconds: null,
  keyRequestsPer10Seconds: null,
  registrationsPer10Seconds: null,
}

/** Settings over their defaults, so that a setting that is new has a value for apps that are old. */
export function settingsOf(stored: Partial<AppSettings>): AppSettings {
  return { ...DEFAULT_SETTINGS, ...stored }
}

export function quotasOf(stored: Partial<AppQuotas>): AppQuotas {
  return { ...NO_QUOTAS, ...stored }
}
