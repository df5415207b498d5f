import { describe, expect, test } from 'vitest'
import { findReservedDataKey, isReservedDataKey } from './reserved-data-keys.ts'

describe('reserved data keys', () => {
  test.each([
    'from',
    'message_type',
    'gcm',
    'gcm.notification.title',
    'google',
    'google.c.a.e',
    'googlex',
    'aps',
    'fanfare_id',
    'fanfare_seq',
    'fanfare_anything',
  ])('%s is taken', (key) => {
    expect(isReservedDataKey(key)).toBe(true)
  })

  test.each(['From', 'from_user', 'message', 'gcm_id', 'agoogle', 'collapse_key', 'fanfare', 'id', 'url', 'title', ''])(
    '"%s" is free',
    (key) => {
      expect(isReservedDataKey(key)).toBe(false)
    },
  )

  test('the first taken key of some data is found', () => {
    expect(findReservedDataKey({ a: '1', from: '2', aps: '3' })).toBe('from')
    expect(findReservedDataKey({ a: '1' })).toBeNull()
  })
})
