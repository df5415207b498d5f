/**
 * Before the tests of the two ways out, on Node: a push service that does what it is told, an egress that may reach
 * it, and one that does not keep its word. The tests themselves run in workerd, where none of them could be started.
 */
import type { TestProject } from 'vitest/node'
import { startEgress } from '../../egress/server.ts'
import { startFalseEgress } from './false-egress.ts'
import { KEY } from './hand-in.ts'
import { startScriptedService } from './scripted-service.ts'
import type {} from './ways-out.ts'

/** What the tests wait for an answer that never comes. Whatever does come has to come sooner, on a busy machine too. */
const ANSWER_DEADLINE_MS = 1000

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const service = await startScriptedService()
  const nowhere = await startScriptedService()
  await nowhere.close()
  const options = { key: KEY, allowedHosts: [service.origin, nowhere.origin] }
  const egress = await startEgress(options)
  const impatientEgress = await startEgress({ ...options, patience: { answerMs: ANSWER_DEADLINE_MS } })
  const falseEgress = await startFalseEgress()
  project.provide('waysOut', {
    serviceUrl: service.origin,
    nowhereUrl: nowhere.origin,
    egressUrl: egress.url,
    impatientEgressUrl: impatientEgress.url,
    egressKey: KEY,
    falseEgressUrl: falseEgress.url,
    answerDeadlineMs: ANSWER_DEADLINE_MS,
  })
  return async () => {
    await egress.close()
    await impatientEgress.close()
    await falseEgress.close()
    await service.close()
  }
}
