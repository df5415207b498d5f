/** Where to go on after the demo. Pure text. */
import type { Platform } from '../platform.ts'
import type { SimulatorAddresses } from '../simulators-child.ts'
import type { DemoApp } from './app.ts'
import { DEMO_TOPIC } from './run.ts'

export function describeAddresses(
  platform: Platform,
  simulators: SimulatorAddresses,
  app: DemoApp,
  page: { exampleUrl: string; notificationId: string },
): string {
  return `Go on from here:

  API             ${platform.url}
  reference       ${platform.url}/docs
  sample page     ${page.exampleUrl}   (a Firefox that the simulators push to: npm run demo:browser)
  simulators      ${simulators.controlUrl}   (inboxes: /counts, faults: /faults)
  root key        ${platform.rootKey}
  demo app        ${app.id}, sender key ${app.senderKey}

Send again:

  curl ${platform.url}/v1/notifications -H 'Authorization: Bearer ${app.senderKey}' \\
    -H 'Content-Type: application/json' -d '{"to":{"topic":"${DEMO_TOPIC}"},"title":"Hello","body":"once more"}'

Look at what was given up, and why:

  curl '${platform.url}/v1/notifications/${page.notificationId}/deliveries?status=failed' \\
    -H 'Authorization: Bearer ${app.senderKey}'

Ctrl-C ends everything; the state of the demo goes with it.`
}
