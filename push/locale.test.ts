import { describe, expect, test } from 'vitest'
import { canonicalLocale, isTimezone } from './locale.ts'

describe('canonicalLocale', () => {
  test.each([
    ['fr', 'fr'],
    ['fr-FR', 'fr-FR'],
    ['fr_FR', 'fr-FR'],
    ['FR_fr', 'fr-FR'],
    ['zh_Hans_CN', 'zh-Hans-CN'],
    ['en_US.UTF-8', 'en-US'],
    ['en_US@calendar=japanese', 'en-US'],
    ['iw', 'he'],
  ])('%s is %s', (text, locale) => {
    expect(canonicalLocale(text)).toBe(locale)
  })

  test.each(['', 'f', 'français', 'fr FR', 'fr--FR', '*', 'x'.repeat(40)])('%j is none', (text) => {
    expect(canonicalLocale(text)).toBeNull()
  })
})

describe('isTimezone', () => {
  test.each(['Europe/Paris', 'America/Argentina/Buenos_Aires', 'Asia/Kolkata', 'US/Eastern', 'UTC', 'Etc/GMT+5'])(
    '%s is one',
    (text) => {
      expect(isTimezone(text)).toBe(true)
    },
  )

  test.each(['', 'Paris', 'Europe/Atlantis', '+01:00', 'Europe/Paris ', '../etc/passwd'])('%j is none', (text) => {
    expect(isTimezone(text)).toBe(false)
  })
})
