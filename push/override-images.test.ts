import { expect, it } from 'vitest'
import type { JsonObject } from './notification.ts'
import { findInnerPicture } from './override-images.ts'

it.each([
  [
    'the metadata of a cloud',
    { android: { notification: { image: 'http://169.254.169.254/x' } } },
    'android.notification.image',
  ],
  ['a name inside', { notification: { image: 'https://router.local/x.png' } }, 'notification.image'],
  ['loopback in decimal', { icon: 'http://2130706433/x.png' }, 'icon'],
  ['a host without a scheme', { badge: '//10.0.0.1/x.png' }, 'badge'],
  ['an icon of an action', { actions: [{ title: 'a' }, { icon: 'http://[::1]/x.png' }] }, 'actions.1.icon'],
  ['our own field of APNs', { fanfare_image: 'http://10.0.0.1' }, 'fanfare_image'],
  ['a file', { image: 'file:///etc/passwd' }, 'image'],
  ['what is no URL', { image: 'https://[fe80::1%25eth0]/x.png' }, 'image'],
  ['a tab in the scheme', { image: 'h\tttp://10.0.0.1/x' }, 'image'],
  ['a tab between slashes', { image: '/\t/10.0.0.1/x' }, 'image'],
  ['a control character before it', { image: '\u0001http://10.0.0.1/' }, 'image'],
  ['the picture itself', { icon: 'data:image/png;base64,AAAA' }, null],
  ['a public picture', { notification: { image: 'https://example.com/x.png' } }, null],
  ['a resource of the app', { android: { notification: { icon: 'ic_stat_bell' } } }, null],
  ['a path', { icon: '/icon.png', badge: 'badge.png' }, null],
  ['a number', { aps: { badge: 3 } }, null],
  ['nothing', { aps: null, image: null }, null],
] as [what: string, override: JsonObject, path: string | null][])('%s', (_what, override, path) => {
  expect(findInnerPicture(override)?.join('.') ?? null).toBe(path)
})
