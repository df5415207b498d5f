import { describe, expect, test } from 'vitest'
import type { Patience } from '../exchange.ts'
import { Liveness } from './liveness.ts'

const UNUSED = { connectMs: 0, answerMs: 0, queueMs: 0, crowdedMs: 0, spareIdleMs: 0, lastIdleMs: 0 }
const PATIENCE: Patience = { ...UNUSED, pingBusyMs: 3, pingIdleMs: 60, pongMs: 5 }

/** What is made of a silence at each time, with the peer heard at 0 and whenever the times say so. */
function verdicts(isBusy: boolean, times: (number | 'heard')[]): string[] {
  const liveness = new Liveness(PATIENCE, 0)
  let now = 0
  return times.flatMap((time) => {
    if (time === 'heard') {
      liveness.heard(now)
      return []
    }
    now = time
    return [liveness.judge(now, isBusy)]
  })
}

describe('a peer', () => {
  const rows: [what: string, isBusy: boolean, times: (number | 'heard')[], verdicts: string[]][] = [
    ['that works is asked soon', true, [3, 4, 9, 10], ['wait', 'ask', 'wait', 'give up']],
    ['that is idle is asked late', false, [60, 61, 66, 67], ['wait', 'ask', 'wait', 'give up']],
    ['that answers is left in peace', true, [4, 'heard', 7, 8, 'heard', 20], ['ask', 'wait', 'ask', 'ask']],
  ]
  test.each(rows)('%s', (_, isBusy, times, expected) => {
    expect(verdicts(isBusy, times)).toEqual(expected)
  })
})
