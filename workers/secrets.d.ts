/**
 * The secrets of the Worker, and the one binding that only some have. They are not in wrangler.toml, so `wrangler types`
 * does not know them. All are optional: a missing secret is an answer that says which command sets it, never a crash.
 */
interface FanfareSecrets {
  /** The operator's bearer key, its hash, or several of them (push/root-key.ts): creates apps, credentials and keys. */
  readonly ROOT_KEY?: string
  /** 32 bytes in base64: seals what is secret in D1. */
  readonly CREDENTIALS_KEY?: string
  /** Older ones, comma separated, while what they sealed is not all sealed anew (`npm run credentials:rotate`). */
  readonly CREDENTIALS_KEY_PREVIOUS?: string
  /** Shared with the egress. */
  readonly EGRESS_KEY?: string
  /** The Worker in front of an egress that is a container (egress/container/): bound by the operator who has one. */
  readonly EGRESS?: Fetcher
}

declare namespace Cloudflare {
  interface Env extends FanfareSecrets {}
}

interface Env extends FanfareSecrets {}
