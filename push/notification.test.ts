import { describe, expect, it } from 'vitest'
import { type Audience, type Message, subjectOf } from './notification.ts'
import type { Replay } from './replay.ts'

const replayOf = (topic: string | null): Audience => ({ kind: 'replay', replay: { topic } as Replay })

describe('what a notification is about', () => {
  it.each<[Audience, string | undefined, object]>([
    [{ kind: 'topic', topic: 'news' }, 'promo', { topic: 'news', category: 'promo' }],
    [{ kind: 'topic', topic: 'news' }, undefined, { topic: 'news', category: null }],
    [{ kind: 'users', userIds: ['ada'] }, 'promo', { topic: null, category: 'promo' }],
    [{ kind: 'devices', deviceIds: ['dev_1'] }, undefined, { topic: null, category: null }],
    [replayOf('news'), 'promo', { topic: 'news', category: 'promo' }],
    [replayOf(null), undefined, { topic: null, category: null }],
  ])('%j of category %s is %j', (audience, category, subject) => {
    expect(subjectOf({ audience, message: { category } as Message })).toEqual(subject)
  })
})
