/** The Worker's variables when the witnesses are its push services. Pure. */
import { demoVars } from '../../dev/demo/vars.ts'
import type { SimulatorAddresses } from '../../dev/simulators-child.ts'

export type WayOut = 'egress' | 'direct'

/** Plain HTTP/1.1 when the Worker pushes itself, because workerd speaks nothing else; HTTP/2 through the egress. */
export function witnessVars(addresses: SimulatorAddresses, wayOut: WayOut): Record<string, string> {
  const vars = demoVars(addresses)
  if (wayOut === 'egress') return vars
  const { httpUrl } = addresses.apns
  return { ...vars, EGRESS_URL: '', FCM_URL: addresses.fcm.url, APNS_URL: httpUrl, APNS_SANDBOX_URL: httpUrl }
}
