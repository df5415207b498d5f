import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  importLinkKey,
  isGenuine,
  makeUnsubscribeLink,
  readUnsubscribeLink,
  sampleUnsubscribeUrl,
  type Unsubscription,
  unsubscribeUrl,
} from './unsubscribe-link.ts'

const key = await importLinkKey('A'.repeat(43))
const other = await importLinkKey('B'.repeat(43))
const said: Unsubscription = {
  appId: `app_${'1'.repeat(29)}`,
  deviceId: `dev_${'2'.repeat(29)}`,
  notificationId: `ntf_${'3'.repeat(29)}`,
  topic: 'news.sport~%41',
  madeAt: 1_795_400_000_000,
}

describe('a link to leave a topic', () => {
  it('says who leaves what, and is known again', async () => {
    const read = readUnsubscribeLink(await makeUnsubscribeLink(key, said))!
    expect(read.said).toEqual(said)
    expect(await isGenuine([other, key], read.said, read.mac)).toBe(true)
    expect(await isGenuine([other], read.said, read.mac)).toBe(false)
  })

  it.each<[keyof Unsubscription, Partial<Unsubscription>]>([
    ['appId', { appId: `app_${'9'.repeat(29)}` }],
    ['deviceId', { deviceId: `dev_${'9'.repeat(29)}` }],
    ['notificationId', { notificationId: `ntf_${'9'.repeat(29)}` }],
    ['topic', { topic: 'news.sport' }],
    ['madeAt', { madeAt: said.madeAt + 1000 }],
  ])('with another %s is not genuine', async (_, change) => {
    const { mac } = readUnsubscribeLink(await makeUnsubscribeLink(key, said))!
    expect(await isGenuine([key], { ...said, ...change }, mac)).toBe(false)
  })

  it('never is anything else with a letter changed', async () => {
    const link = await makeUnsubscribeLink(key, said)
    await fc.assert(
      fc.asyncProperty(fc.nat(link.length - 1), fc.constantFrom(...'a1Z._'), async (at, letter) => {
        fc.pre(link[at] !== letter)
        const read = readUnsubscribeLink(link.slice(0, at) + letter + link.slice(at + 1))
        expect(read !== null && (await isGenuine([key], read.said, read.mac))).toBe(false)
      }),
    )
  })

  it.each(['', 'x', '..news', '1.2.3.4.5.news', `${'a.'.repeat(5)}news`])('of %j is none', (text) => {
    expect(readUnsubscribeLink(text)).toBeNull()
  })

  it('is as long as the sample by which payloads are measured', async () => {
    const url = unsubscribeUrl('https://push.example', await makeUnsubscribeLink(key, said))
    expect(url).toHaveLength(sampleUnsubscribeUrl({ topic: said.topic, publicUrl: 'https://push.example' }).length)
    expect(new URL(url).searchParams.get('link')).toBe(await makeUnsubscribeLink(key, said))
  })
})
