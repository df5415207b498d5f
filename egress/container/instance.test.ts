import { expect, test } from 'vitest'
import { POOL_HEADER } from '../../push/egress-wire.ts'
import { nameOfInstance } from './instance.ts'

const nameOf = (pool: string, instances: number) => nameOfInstance(new Headers({ [POOL_HEADER]: pool }), instances)

test('a pool always goes to the same container', () => {
  expect(nameOf('app_1/apns/1', 4)).toBe(nameOf('app_1/apns/1', 4))
})

test('pools are spread over all containers', () => {
  const names = Array.from({ length: 200 }, (_, index) => nameOf(`app_${index}/fcm/1`, 4))
  expect(new Set(names)).toEqual(new Set(['egress-0', 'egress-1', 'egress-2', 'egress-3']))
})

test('there is always one', () => {
  expect(nameOf('app_1/fcm/1', 0)).toBe('egress-0')
})
