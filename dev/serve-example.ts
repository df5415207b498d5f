/**
 * Serves examples/web on 127.0.0.1, with the SDK built into it by esbuild at each request, so that an edit shows at
 * the next reload and no build output lies about. For a developer's own machine only: the page is given the key that
 * may send, so that its curl command works as it stands.
 */
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build, type Format } from 'esbuild'
import { ROOT } from './root.ts'

/** Where `npm start` serves it. */
export const EXAMPLE_PORT = 8790
export const EXAMPLE_URL = `http://127.0.0.1:${EXAMPLE_PORT}`

/** What the page finds at /config.json. */
export interface ExampleConfig {
  /** Base of the Fanfare API as the browser reaches it. */
  readonly apiUrl: string
  readonly publishableKey: string
  readonly vapidPublicKey: string
  /** The app's id, where the page is to show nothing that the app has not signed. */
  readonly signingAppId?: string
  /** Put into the page's curl command. Default: a shell variable. */
  readonly senderKey: string
  /** Where the Web Push simulator speaks Mozilla's protocol (`ws://…`), for demo-browser.ts; '' without one. */
  readonly pushSocketUrl: string
}

type AboutApp = Pick<ExampleConfig, 'apiUrl' | 'publishableKey' | 'vapidPublicKey' | 'signingAppId'>

export interface ExampleOptions extends AboutApp {
  readonly senderKey?: string
  readonly pushSocketUrl?: string
  /** 0, the default, takes any free port. */
  readonly port?: number
}

export interface Example {
  readonly url: string
  close(): Promise<void>
}

/** What is served under which path. Nothing else is. */
const FILES: Readonly<Record<string, { readonly type: string; readonly read: () => Promise<string> }>> = {
  '/': { type: 'text/html', read: () => text('examples/web/index.html') },
  '/style.css': { type: 'text/css', read: () => text('examples/web/style.css') },
  '/icon.svg': { type: 'image/svg+xml', read: () => text('examples/web/icon.svg') },
  '/manifest.webmanifest': { type: 'application/manifest+json', read: () => text('examples/web/manifest.webmanifest') },
  '/page.js': { type: 'text/javascript', read: () => bundle('examples/web/page.ts', 'esm') },
  // A classic script, so that `importScripts` and browsers without module workers can load it.
  '/fanfare-service-worker.js': { type: 'text/javascript', read: () => bundle('sdk/web/service-worker.ts', 'iife') },
}

/** Starts the example's server. Rejects when the port is taken. */
export async function startExample(options: ExampleOptions): Promise<Example> {
  const { port = 0, senderKey = '$FANFARE_KEY', pushSocketUrl = '', ...rest } = options
  const config: ExampleConfig = { ...rest, senderKey, pushSocketUrl }
  const server = createServer((request, response) => {
    void serve(request, response, config)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

async function serve(request: IncomingMessage, response: ServerResponse, config: ExampleConfig): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] as string
  try {
    response.setHeader('content-security-policy', policyFor(config))
    if (path === '/config.json') return answer(response, 200, 'application/json', JSON.stringify(config))
    const file = FILES[path]
    if (file === undefined) return answer(response, 404, 'text/plain', 'not found')
    answer(response, 200, file.type, await file.read())
  } catch (error) {
    answer(response, 500, 'text/plain', error instanceof Error ? error.message : String(error))
  }
}

/** Nothing inline, nothing from elsewhere; asks this server and the API alone. What an app's own page should have. */
function policyFor({ apiUrl }: ExampleConfig): string {
  return `default-src 'self'; connect-src 'self' ${new URL(apiUrl).origin}; frame-ancestors 'none'; base-uri 'none'`
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' }).end(body)
}

function text(path: string): Promise<string> {
  return readFile(join(ROOT, path), 'utf8')
}

async function bundle(path: string, format: Format): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, path)],
    bundle: true,
    write: false,
    format,
    target: 'es2022',
    // The mistake is in the answer; once is enough.
    logLevel: 'silent',
  })
  return (outputFiles[0] as { text: string }).text
}
