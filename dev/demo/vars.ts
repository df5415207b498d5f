/** The Worker's variables for the demo: the push services are the simulators. Pure. */
import type { SimulatorAddresses } from '../simulators-child.ts'

/** Ten in earnest, when Apple's 503 waits for a minute; here it waits for little more than a second. */
const RETRY_BASE_SECONDS = '0.2'

export function demoVars({ fcm, apns, webpush }: SimulatorAddresses): Record<string, string> {
  return {
    FCM_URL: fcm.http2Url,
    // The Worker itself fetches access tokens, and workerd speaks HTTP/1.1 on a laptop.
    GOOGLE_TOKEN_URL: fcm.tokenUrl,
    APNS_URL: apns.url,
    APNS_SANDBOX_URL: apns.url,
    WEBPUSH_ALLOWED_HOSTS: [webpush.url, webpush.httpsUrl].map((url) => new URL(url).host).join(','),
    RETRY_BASE_SECONDS,
  }
}
