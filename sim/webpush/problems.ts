/**
 * What can be wrong with a Web Push request: one closed list of words for all push services. How each service puts
 * them is in profile-*.ts. Names only; nothing decides here.
 */

export type Problem =
  /** The endpoint never existed. */
  | 'unknown_endpoint'
  /** The user unsubscribed, or the service dropped the subscription. */
  | 'gone'
  | 'method_not_allowed'
  // RFC 8292: who sends.
  | 'vapid_missing'
  | 'vapid_malformed'
  | 'vapid_key_missing'
  | 'vapid_key_invalid'
  | 'vapid_key_mismatch'
  | 'vapid_signature_invalid'
  | 'vapid_audience_invalid'
  | 'vapid_expired'
  | 'vapid_expiry_too_far'
  | 'vapid_subject_missing'
  | 'vapid_subject_invalid'
  // RFC 8030: how long, how urgent, replacing what.
  | 'ttl_missing'
  | 'ttl_invalid'
  | 'ttl_negative'
  | 'ttl_zero'
  | 'topic_invalid'
  | 'urgency_invalid'
  // RFC 8188 and RFC 8291: the body.
  | 'encoding_missing'
  | 'encoding_unknown'
  /** `aes128gcm` carries salt and key in the body; the headers of the older draft must not. */
  | 'encryption_in_headers'
  | 'body_malformed'
  | 'body_has_records'
  | 'body_undecryptable'
  /** The key of the encryption is the key of the VAPID signature (RFC 8292). */
  | 'body_key_is_vapid_key'
  | 'body_too_large'
