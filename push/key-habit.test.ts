import { describe, expect, it } from 'vitest'
import { judgeUse, type KeyPlace, MOST_PLACES, placeOf } from './key-habit.ts'

const [HETZNER, AWS_DE, AWS_US, HETZNER_FI] = [
  { country: 'DE', asn: 24_940 },
  { country: 'DE', asn: 16_509 },
  { country: 'US', asn: 16_509 },
  { country: 'FI', asn: 24_940 },
] as const

describe('a use', () => {
  it.each<[what: string, known: KeyPlace[], place: KeyPlace, use: string, places: KeyPlace[]]>([
    ['the first one', [], HETZNER, 'first', [HETZNER]],
    ['from the same place', [HETZNER], HETZNER, 'usual', [HETZNER]],
    ['from another network of the country', [HETZNER], AWS_DE, 'unusual', [HETZNER, AWS_DE]],
    ['from another country of the network', [HETZNER], HETZNER_FI, 'unusual', [HETZNER, HETZNER_FI]],
    [
      'from a country and a network that are known, but not together',
      [HETZNER, AWS_US],
      AWS_DE,
      'unusual',
      [HETZNER, AWS_US, AWS_DE],
    ],
    ['from a place of before', [HETZNER, AWS_DE], HETZNER, 'usual', [AWS_DE, HETZNER]],
  ])('%s', (_what, known, place, use, places) => {
    expect(judgeUse(known, place)).toEqual({ use, places })
  })

  it('from more places than are kept lets go of the one used longest ago', () => {
    const many = Array.from({ length: MOST_PLACES }, (_, asn) => ({ country: 'DE', asn }))
    const { places } = judgeUse(many, HETZNER)
    expect(places).toEqual([...many.slice(1), HETZNER])
    expect(judgeUse(places, many[0]!).use).toBe('unusual')
  })
})

describe('the place of a request', () => {
  it.each([
    ['known', { country: 'DE', asn: 24_940, city: 'Falkenstein' }, HETZNER],
    ['without a network', { country: 'DE' }, null],
    ['without a country', { asn: 24_940 }, null],
    ['unknown', undefined, null],
  ])('that is %s', (_what, cf, place) => {
    expect(placeOf(cf)).toEqual(place)
  })
})
