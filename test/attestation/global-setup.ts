/** Before the tests of attestation, on Node: a Turnstile that does what it is told. */
import type { TestProject } from 'vitest/node'
import type {} from './provided.ts'
import { startSiteverify, WIDGET_SECRET } from './siteverify.ts'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const siteverify = await startSiteverify()
  project.provide('siteverify', { url: siteverify.origin, secret: WIDGET_SECRET })
  return siteverify.close
}
