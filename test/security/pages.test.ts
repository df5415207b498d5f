/** Every page that is served: it runs nothing and loads nothing from elsewhere, and what a caller sent is text in it. */
import { beforeAll, describe, expect, it } from 'vitest'
import { api } from '../../workers/api/app.ts'
import { type Called, call } from '../workers/calling.ts'

/** What would run in a browser, were there no policy against it. */
const RUNS = /<script|<iframe|<object|<embed|<base|<meta[^>]+http-equiv|\son\w+\s*=|javascript:|\sstyle\s*=|<style/i
const ELSEWHERE = /\s(?:src|href|action)\s*=\s*["']?(?:https?:)?\/\//i
const PAYLOAD = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`

let pages: readonly { readonly path: string; readonly page: Called }[]

/** Every mounted GET that answers HTML, to any caller and with anything in its path and query. */
beforeAll(async () => {
  const paths = api.routes.filter(({ method }) => method === 'GET').map(({ path }) => path)
  const asked = [...new Set(paths)].map((path) => path.replaceAll(/:\w+/g, encodeURIComponent(PAYLOAD)))
  const withQuery = [...asked, ...asked.map((path) => `${path}?x=${encodeURIComponent(PAYLOAD)}`)]
  const answers = await Promise.all(withQuery.map(async (path) => ({ path, page: await call('GET', path) })))
  pages = answers.filter(({ page }) => page.headers.get('Content-Type')?.includes('html'))
})

describe('every page', () => {
  it('is found: the reference is one', () => {
    expect(pages.map(({ path }) => path)).toContain('/docs')
  })

  it('has nothing in it that runs, is framed or comes from elsewhere', () => {
    for (const { path, page } of pages) {
      expect(page.text.match(RUNS)?.[0], path).toBeUndefined()
      expect(page.text.match(ELSEWHERE)?.[0], path).toBeUndefined()
    }
  })

  it('would not run it if it had: its policy names no inline code and no other host', () => {
    for (const { path, page } of pages) {
      const policy = page.headers.get('Content-Security-Policy') ?? ''
      expect(policy, path).toContain("default-src 'none'")
      expect(policy, path).not.toMatch(/unsafe|\*|https?:|script-src/)
      expect(page.headers.get('X-Content-Type-Options'), path).toBe('nosniff')
    }
  })

  it('shows the address it was asked for as text', async () => {
    const { text } = await call('GET', '/docs', { headers: { Host: PAYLOAD.replaceAll(/\s/g, '') } })
    expect(text).not.toContain('<script')
  })
})

describe('a problem', () => {
  it('repeats what was sent, as JSON that no browser takes for a page', async () => {
    const { headers, text } = await call('GET', `/${encodeURIComponent(PAYLOAD)}`)
    expect(headers.get('Content-Type')).toBe('application/problem+json')
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(() => JSON.parse(text)).not.toThrow()
  })
})
