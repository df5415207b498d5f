/**
 * The word by which a Web Push service says what is wrong: each has its own place for it. Pure; never fails.
 */
import { readJsonObject, readReason, reasonOfStatus } from '../answer-body.ts'

export interface WebPushReason {
  readonly reason: string
  /** Mozilla's error number. */
  readonly errno: number | null
}

/** Apple: `{reason}`. Mozilla: `{errno, error, message}`. Microsoft: headers alone. Google: text or HTML, so the status. */
export function readWebPushReason(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): WebPushReason {
  const { reason, errno } = readJsonObject(body)
  if (typeof errno === 'number') return { reason: `errno_${errno}`, errno }
  const word = readReason(reason) ?? readReason(headers['x-wns-error-description'])
  return { reason: word ?? reasonOfStatus(status), errno: null }
}
