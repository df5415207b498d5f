import { describe, expect, it, vi } from 'vitest'
import { changeTopic, keySourceOf, readProblem } from './api.ts'

describe('an error answer', () => {
  it('keeps the API’s code, its explanation and its advice', () => {
    const problem = { type: 'about:blank', code: 'invalid_topic', title: 'Bad', detail: 'No spaces.', retry: 'never' }
    expect(readProblem(400, JSON.stringify(problem))).toMatchObject({
      code: 'invalid_topic',
      message: 'No spaces.',
      status: 400,
      retry: 'never',
    })
  })

  it('that names its own advice is believed over its status', () => {
    expect(readProblem(503, JSON.stringify({ code: 'root_key_missing', retry: 'never' })).retry).toBe('never')
  })

  it.each([
    [408, 'backoff'],
    [429, 'backoff'],
    [500, 'backoff'],
    [503, 'backoff'],
    [400, 'never'],
    [401, 'never'],
    [404, 'never'],
  ])('of a proxy in between with status %i means %s', (status, retry) => {
    expect(readProblem(status, '<html>oops</html>')).toMatchObject({ code: `http_${status}`, status, retry })
  })

  it.each(['null', '[]', '{}', '{"code": 7}'])('with the body %s becomes its status', (text) => {
    expect(readProblem(400, text).code).toBe('http_400')
  })
})

describe('a topic', () => {
  it.each(['.', '..'])('named %s is refused before a URL makes another call of it', async (topic) => {
    const device = { baseUrl: 'http://127.0.0.1:9', deviceId: 'dev_1', deviceKey: 'dk_1' }
    await expect(changeTopic(device, 'DELETE', topic)).rejects.toMatchObject({ code: 'invalid_topic' })
  })
})

describe('the keys of an app', () => {
  it('are asked for past the browser’s cache, which has not those that are new', async () => {
    const fetch = vi.fn(async (_url: string, _request: RequestInit) => Response.json({ keys: [{ kid: 'sec_1' }] }))
    vi.stubGlobal('fetch', fetch)
    const keys = await keySourceOf({ baseUrl: 'https://push.example', appId: 'app_1' }).fetch()
    vi.unstubAllGlobals()
    expect(keys).toEqual([{ kid: 'sec_1' }])
    const [[url, request]] = fetch.mock.calls as [[string, RequestInit]]
    expect([url, request.cache]).toEqual(['https://push.example/v1/apps/app_1/jwks.json', 'reload'])
    expect(request.headers).not.toHaveProperty('authorization')
  })
})
