/**
 * Attestation: somebody the app trusts says that a registration comes from a real client. What every provider of it has in
 * common; each has one file in workers/api/attestation/. Types only.
 */

/** Who may be asked. Play Integrity and App Attest have their place here, and no implementation yet. */
export const ATTESTATION_PROVIDERS = ['turnstile'] as const
export type AttestationProvider = (typeof ATTESTATION_PROVIDERS)[number]

/** What an app gave us to ask its provider with. */
export interface Attestation {
  readonly provider: AttestationProvider
  /** Turnstile: the secret key of the widget. */
  readonly secret: string
}

/** What the provider says of a client's word. */
export type AttestationVerdict =
  | { readonly kind: 'passed' }
  /** The client's word is wrong, too old, or was used. `reason` in the provider's words. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** The provider could not say, or would not speak to us. Nobody is let in meanwhile. */
  | { readonly kind: 'unavailable'; readonly reason: string }

/** Asks a provider. Never throws: what goes wrong is a verdict. */
export type AskProvider = (
  where: string,
  secret: string,
  question: { readonly word: string; readonly address: string | null; readonly deadlineMs: number },
) => Promise<AttestationVerdict>
