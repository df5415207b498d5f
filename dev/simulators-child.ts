/** The simulators in a process of their own. Started by start.ts. */
import { type SimulatorOptions, type Simulators, startSimulators } from '../sim/start.ts'
import { serveParent } from './child.ts'

/** Everything of the running simulators that can cross processes. */
export type SimulatorAddresses = Omit<Simulators, 'close'>

await serveParent<SimulatorOptions, SimulatorAddresses>(async (options) => {
  const { close, ...ready } = await startSimulators(options)
  return { ready, close }
})
