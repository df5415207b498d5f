/**
 * Random interleavings of everything that happens to a topic that grows, against a model. A failure names its seed, and
 * the same seed tells the same story again as far as the calls go.
 */
import { abortAllDurableObjects, evictAllDurableObjects } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { makeApp } from './calling.ts'
import { GrowingSends } from './growing-sends.ts'
import { makeMember, seeded, TopicModel } from './topic-model.ts'

const STEPS = 40
/** People have one device, some have several, and one has many. */
const userOf = (number: number) => (number % 5 === 0 ? 'usr_many' : number % 3 === 0 ? `usr_${number % 40}` : null)
const DEVICES = 400
const MOST_AT_ONCE = 30

it.each([1, 2, 3, 4])('nobody is lost, doubled or stalled, seed %i', { timeout: 60_000 }, async (seed) => {
  const pick = seeded(seed)
  const app = await makeApp(`Seed ${seed}`)
  const model = new TopicModel(app.id, 'growing')
  const sends = new GrowingSends(app, model)
  const some = () => {
    const numbers = new Set(Array.from({ length: 1 + pick(MOST_AT_ONCE) }, () => pick(DEVICES)))
    return [...numbers].map((number) => makeMember(`dev_${number}`, userOf(number), pick(1000)))
  }
  const change = async (joins: boolean) => {
    const members = some()
    sends.note(members)
    await (joins ? model.join(members) : model.leave(members))
  }
  const ring = async () => {
    const pieces = await model.pieces()
    await model.ring(pieces[pick(pieces.length)]!.shard)
  }
  const crash = () => (pick(2) === 0 ? abortAllDurableObjects() : evictAllDurableObjects())
  const together = async () => {
    const members = some()
    sends.note(members)
    await Promise.all([model.join(members), sends.send(members), ring(), pick(2) === 0 ? crash() : ring()])
  }
  const acts = [
    () => change(true),
    () => change(true),
    () => change(true),
    () => change(false),
    () => sends.send([]),
    () => sends.repeat(pick),
    async () => expect((await model.count()).subscribers).toBe(model.members.size),
    ring,
    ring,
    crash,
    together,
  ]
  for (let step = 0; step < STEPS; step++) await acts[pick(acts.length)]!()
  await model.settle()
  await model.expectEqual()
  expect((await model.pieces()).length).toBeGreaterThan(1)
  await sends.expectCovered()
})
