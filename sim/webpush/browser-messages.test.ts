import { expect, test } from 'vitest'
import { type BrowserMessage, notificationMessage, parseBrowserMessage } from './browser-messages.ts'

test.each<[string, string, BrowserMessage | null]>([
  ['a first hello', '{"messageType":"hello","broadcasts":{},"use_webpush":true}', { type: 'hello', uaid: null }],
  ['a hello with a name', '{"messageType":"hello","uaid":"ab","use_webpush":true}', { type: 'hello', uaid: 'ab' }],
  ['a hello with an empty name', '{"messageType":"hello","uaid":""}', { type: 'hello', uaid: null }],
  ['a registration', '{"messageType":"register","channelID":"c"}', { type: 'register', channelId: 'c', key: null }],
  [
    'a registration with a key',
    '{"messageType":"register","channelID":"c","key":"BA=="}',
    { type: 'register', channelId: 'c', key: 'BA==' },
  ],
  ['a registration of nothing', '{"messageType":"register"}', null],
  [
    'an end of registration',
    '{"messageType":"unregister","channelID":"c","code":201}',
    { type: 'unregister', channelId: 'c', code: 201 },
  ],
  [
    'acknowledgements, delivered when they do not say',
    '{"messageType":"ack","updates":[{"channelID":"c","version":"v","code":102},{"channelID":"c","version":"w"}]}',
    {
      type: 'ack',
      updates: [
        { channelId: 'c', version: 'v', code: 102 },
        { channelId: 'c', version: 'w', code: 100 },
      ],
    },
  ],
  ['an acknowledgement of nothing', '{"messageType":"ack","updates":[null]}', null],
  ['a nack', '{"messageType":"nack","version":"v","code":302}', { type: 'nack', version: 'v', code: 302 }],
  ['a ping', '{}', { type: 'ping' }],
  ['a subscription to broadcasts', '{"messageType":"broadcast_subscribe","broadcasts":{}}', { type: 'other' }],
  ['a message without a type', '{"channelID":"c"}', null],
  ['a list', '[]', null],
  ['anything but JSON', 'hello', null],
])('%s', (_, text, message) => {
  expect(parseBrowserMessage(text)).toEqual(message)
})

test('a push with a body names its encoding, one without does not', () => {
  const head = { messageType: 'notification', channelID: 'c', version: 'v' }
  const withBody = notificationMessage({ channelId: 'c', version: 'v', body: Buffer.from([1, 2, 3]) })
  expect(JSON.parse(withBody)).toEqual({ ...head, data: 'AQID', headers: { encoding: 'aes128gcm' } })
  const without = notificationMessage({ channelId: 'c', version: 'v', body: Buffer.alloc(0) })
  expect(JSON.parse(without)).toEqual(head)
})
