import { describe, expect, it } from 'vitest'
import { notificationOf, openableUrl, parsePush } from './payload.ts'

const parse = (payload: unknown) => parsePush(JSON.stringify(payload))

describe('a push', () => {
  it('becomes a notification under its own id', () => {
    const payload = {
      title: 'Breaking',
      body: 'It works',
      icon: '/icon.png',
      image: 'https://example.com/a.png',
      url: '/news/1',
      data: { section: 'tech' },
      fanfare_id: 'ntf_1',
    }
    const notification = {
      id: 'ntf_1',
      title: 'Breaking',
      body: 'It works',
      icon: '/icon.png',
      image: 'https://example.com/a.png',
      url: '/news/1',
      data: { section: 'tech' },
    }
    expect(parse(payload)).toEqual({
      payload,
      notification,
      options: {
        body: 'It works',
        icon: '/icon.png',
        image: 'https://example.com/a.png',
        tag: 'ntf_1',
        data: { fanfare: notification },
      },
    })
  })

  it('with a tag replaces what is shown under that tag', () => {
    expect(parse({ title: 'Score 2:1', tag: 'match-7', fanfare_id: 'ntf_2' })?.options?.tag).toBe('match-7')
  })

  it('passes on the browser’s own options that a sender overrode, and nothing else', () => {
    const payload = { title: 'Hi', requireInteraction: true, silent: false, onclick: 'alert(1)', fanfare_id: 'ntf_4' }
    const options = parse(payload)?.options
    expect(options).toMatchObject({ requireInteraction: true, silent: false })
    expect(options).not.toHaveProperty('onclick')
  })

  it('of data alone is not shown', () => {
    const payload = { data: { refresh: 'inbox' }, fanfare_id: 'ntf_3' }
    expect(parse(payload)).toEqual({
      payload,
      notification: { id: 'ntf_3', title: '', body: '', data: { refresh: 'inbox' } },
      options: null,
    })
  })

  it('by somebody else is left to them', () => {
    expect(parse({ title: 'Hi' })).toBeNull()
  })

  it('keeps only text in its data', () => {
    expect(parse({ title: 'Hi', data: { a: '1', b: 2, c: null }, fanfare_id: 'ntf_5' })?.notification.data).toEqual({
      a: '1',
    })
  })

  it.each(['', 'plain text', '[1]', 'null', '"text"', '7'])('of %j is nothing we can read', (text) => {
    expect(parsePush(text)).toBeNull()
  })
})

describe('a shown notification', () => {
  it('is known again by what rides on it', () => {
    const push = parse({ title: 'Hi', fanfare_id: 'ntf_1' })
    expect(notificationOf(push?.options?.data)).toEqual(push?.notification)
  })

  it.each([null, undefined, 'text', {}, { id: 'ntf_1' }])('with %j is somebody else’s', (data) => {
    expect(notificationOf(data)).toBeNull()
  })
})

describe('a click', () => {
  const scope = 'https://app.example/shop/'
  it.each([
    ['a relative address', 'cart', 'https://app.example/shop/cart'],
    ['an absolute path', '/news', 'https://app.example/news'],
    ['another site', 'https://example.com/', 'https://example.com/'],
    ['plain http', 'http://127.0.0.1:8080/', 'http://127.0.0.1:8080/'],
    ['a script', 'javascript:alert(1)', null],
    ['a data address', 'data:text/html,hi', null],
    ['no address', undefined, null],
    ['something broken', 'http://', null],
  ])('on %s opens the right thing', (_, url, opened) => {
    expect(openableUrl(url, scope)).toBe(opened)
  })
})
