/**
 * What `npm run sim` prints: where everything is and how another project uses it. Text only.
 */
import type { Simulators } from './start.ts'

export function describeSimulators(simulators: Simulators): string {
  const { fcm, apns, webpush, controlUrl, caFile } = simulators
  return `Push services on your desk. Nothing leaves this machine.

  FCM HTTP v1     ${fcm.url}          HTTP/1.1
                  ${fcm.http2Url}         TLS, HTTP/2 and HTTP/1.1
  Google OAuth    ${fcm.tokenUrl}    and ${fcm.http2TokenUrl}
  APNs            ${apns.url}         TLS, HTTP/2
                  ${apns.httpUrl}          HTTP/1.1, for runtimes without HTTP/2
  Web Push        ${webpush.url}          and ${webpush.httpsUrl} (TLS)
  Firefox         ${webpush.socketUrl}            as dom.push.serverURL
  Control API     ${controlUrl}
  CA certificate  ${caFile}

1. Make credentials that the services will know:

  curl -s ${controlUrl}/fcm/service-accounts -d '{"project_id":"demo-project"}' > service-account.json
  curl -s ${controlUrl}/apns/keys -d '{"bundle_ids":["com.example.app"]}'
  curl -s ${controlUrl}/webpush/subscriptions -d '{"vapid_public_key":"<yours>","count":3}'

2. Point your sender here. Any well-formed device token is a live device.

  export NODE_EXTRA_CA_CERTS=${caFile}
  Fanfare:   npm run dev -- --var FCM_URL:${fcm.url} --var GOOGLE_TOKEN_URL:${fcm.tokenUrl} \\
               --var APNS_URL:${apns.url} --var WEBPUSH_ALLOWED_HOSTS:${new URL(webpush.url).host}
  node-apn:  {token, address: 'localhost', port: ${new URL(apns.url).port}, ca: [readFileSync('${caFile}')]}
  web-push:  the endpoints above as they are
  Others:    send fcm.googleapis.com, oauth2.googleapis.com or api.push.apple.com to these ports; the certificate
             has those names.

3. Let something go wrong, and see what arrived:

  curl -s ${controlUrl}/faults -d '{"service":"fcm","prefix":"dead-","effect":{"kind":"unregistered"}}'
  curl -s ${controlUrl}/faults -d '{"service":"apns","every":10,"effect":{"kind":"status","status":503,"retry_after":2}}'
  curl -s ${controlUrl}/counts
  curl -s ${controlUrl}/inbox/fcm/<device token>
`
}
