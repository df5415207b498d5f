import { Script } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Example, startExample } from './serve-example.ts'

const APP = { apiUrl: 'http://127.0.0.1:8787', publishableKey: 'pk_1', vapidPublicKey: 'BAbc' }

describe('the example page', () => {
  let example: Example
  beforeAll(async () => {
    example = await startExample(APP)
  })
  afterAll(() => example.close())
  const get = (path: string) => fetch(example.url + path)

  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/style.css', 'text/css; charset=utf-8'],
    ['/icon.svg', 'image/svg+xml; charset=utf-8'],
    ['/manifest.webmanifest', 'application/manifest+json; charset=utf-8'],
    ['/page.js', 'text/javascript; charset=utf-8'],
  ])('has %s', async (path, type) => {
    const response = await get(path)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type])
  })

  it('runs no inline script, loads nothing from elsewhere, and asks the API alone', async () => {
    const response = await get('/')
    const policy =
      "default-src 'self'; connect-src 'self' http://127.0.0.1:8787; frame-ancestors 'none'; base-uri 'none'"
    expect(response.headers.get('content-security-policy')).toBe(policy)
    expect(await response.text()).not.toMatch(/<script(?![^>]* src=)|\son\w+=|<style|\sstyle=|(?:src|href)="https?:/)
  })

  it('has everything that it refers to', async () => {
    const html = await (await get('/')).text()
    const paths = [...html.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map(([, path]) => path!)
    const statuses = await Promise.all(paths.map(async (path) => [path, (await get(path)).status]))
    expect(statuses).toEqual(paths.map((path) => [path, 200]))
  })

  it('has the service worker as a classic script, which any browser and importScripts can load', async () => {
    const code = await (await get('/fanfare-service-worker.js')).text()
    expect(() => new Script(code)).not.toThrow()
  })

  it('tells the page which app it belongs to, and keeps the sending key out unless it was given', async () => {
    expect(await (await get('/config.json')).json()).toEqual({ ...APP, senderKey: '$FANFARE_KEY', pushSocketUrl: '' })
  })

  it('tells the page whose signatures to ask for, where it was told', async () => {
    const signing = await startExample({ ...APP, signingAppId: 'app_1' })
    try {
      expect(await (await fetch(`${signing.url}/config.json`)).json()).toMatchObject({ signingAppId: 'app_1' })
    } finally {
      await signing.close()
    }
  })

  it.each(['/send-command.ts', '/../package.json', '/nothing'])('does not serve %s', async (path) => {
    expect((await get(path)).status).toBe(404)
  })
})
