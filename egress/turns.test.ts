import { describe, expect, it } from 'vitest'
import { Turns } from './turns.ts'

const [campaign, other, code] = [{}, {}, {}]

function waiting(ticket: object, name: string, queuedAt = 0) {
  return { ticket, name, queuedAt }
}

describe('turns', () => {
  it('are taken by tickets, so that one of a few does not wait for all of a large one', () => {
    const turns = new Turns<ReturnType<typeof waiting>>()
    for (const name of ['a1', 'a2', 'a3']) turns.push(waiting(campaign, name))
    for (const name of ['b1', 'b2']) turns.push(waiting(other, name))
    expect([turns.take()?.name, turns.size]).toEqual(['a1', 4])
    turns.push(waiting(code, 'c1'))
    const names = Array.from({ length: 6 }, () => turns.take()?.name)
    expect(names).toEqual(['b1', 'a2', 'c1', 'b2', 'a3', undefined])
    expect(turns.size).toBe(0)
  })

  it('are passed over by what has waited too long', () => {
    const turns = new Turns<ReturnType<typeof waiting>>()
    turns.push(waiting(campaign, 'young', 2))
    turns.push(waiting(other, 'old', 1))
    expect(turns.oldest?.name).toBe('old')
    expect([turns.takeOldest()?.name, turns.takeOldest()?.name, turns.takeOldest()]).toEqual([
      'old',
      'young',
      undefined,
    ])
    expect([turns.size, turns.oldest]).toEqual([0, undefined])
  })
})
