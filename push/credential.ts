/**
 * What an app gave us to speak to a push service, as plain types. Checked by push/credential-check.ts,
 * encrypted by push/credential-encryption.ts, stored by schema/d1/credentials.ts.
 */

/** A Google service account: mints OAuth access tokens for FCM HTTP v1. */
export interface FcmCredential {
  readonly platform: 'fcm'
  readonly projectId: string
  readonly clientEmail: string
  /** PEM, PKCS #8, RSA. */
  readonly privateKey: string
  /** Google's id of the key, the `kid` of the assertion; null when the JSON had none. */
  readonly privateKeyId: string | null
}

/** An APNs authentication key (.p8): mints provider tokens for every app of the team. */
export interface ApnsCredential {
  readonly platform: 'apns'
  readonly teamId: string
  readonly keyId: string
  /** PEM, PKCS #8, P-256. */
  readonly privateKey: string
  /** The `apns-topic` of the app's pushes. */
  readonly bundleId: string
  readonly environment: ApnsEnvironment
}

export type ApnsEnvironment = 'production' | 'sandbox'

/** A VAPID key pair (RFC 8292). Browsers bind subscriptions to the public key. */
export interface WebPushCredential {
  readonly platform: 'webpush'
  /** `mailto:` or `https:`: whom a push service may contact. */
  readonly subject: string
  /** base64url of the 65 bytes of the uncompressed P-256 point. */
  readonly publicKey: string
  /** base64url of the 32 bytes of the scalar. */
  readonly privateKey: string
}

export type Credential = FcmCredential | ApnsCredential | WebPushCredential

/** A credential without its secret: what may be shown. */
export type PublicCredential =
  | Omit<FcmCredential, 'privateKey'>
  | Omit<ApnsCredential, 'privateKey'>
  | Omit<WebPushCredential, 'privateKey'>

export function publicPartOf(credential: Credential): PublicCredential {
  const { privateKey: _secret, ...shown } = credential
  return shown
}
