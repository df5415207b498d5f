/**
 * A browser around service-worker.ts for tests, in memory: it brings pushes and presses, and remembers what was shown, told
 * to pages and asked of the API. What browsers do themselves is in test/e2e.
 */
import { vi } from 'vitest'
import { writeInstallation } from './installation.ts'
import { memoryStore } from './store.fixture.ts'
import type { Store } from './store.ts'

export interface Shown {
  readonly title: string
  readonly options: NotificationOptions
}

type Installed = Parameters<typeof writeInstallation>[1]

export interface WorkerBrowser {
  readonly store: Store
  readonly shown: Shown[]
  readonly toldToPages: unknown[]
  readonly openedUrls: string[]
  /** Bodies of the receipts that were posted. */
  readonly receipts: unknown[]
  /** Rejects like the promise that the worker gave the browser to wait for. */
  push(text: string): Promise<void>
  pressAndClose(shown: Shown): Promise<void>
}

export const SCOPE = 'https://shop.example/app/'

/** @param store instead of one that works @param jwks what the app publishes */
export async function startServiceWorker(
  installed: Installed,
  jwks: object,
  store = memoryStore(),
): Promise<WorkerBrowser> {
  const [shown, toldToPages, openedUrls, receipts]: [Shown[], unknown[], string[], unknown[]] = [[], [], [], []]
  const listeners = new Map<string, (event: object) => void>()
  const registration = {
    scope: SCOPE,
    showNotification: async (title: string, options: NotificationOptions) => void shown.push({ title, options }),
    getNotifications: async () => [],
    pushManager: { getSubscription: async () => null },
  }
  const clients = {
    matchAll: async () => [{ url: SCOPE, postMessage: (message: unknown) => toldToPages.push(message), focus() {} }],
    openWindow: async (url: string) => void openedUrls.push(url),
  }
  const addEventListener = (type: string, listener: (event: object) => void) => listeners.set(type, listener)
  vi.stubGlobal('self', { registration, clients, addEventListener })
  vi.stubGlobal('fetch', async (url: string, request: { body: string }) => {
    if (url.endsWith('/jwks.json')) return Response.json(jwks)
    receipts.push(JSON.parse(request.body))
    return Response.json({})
  })
  await writeInstallation(store, installed)
  vi.resetModules()
  vi.doMock('./store.ts', () => ({ openStore: () => store }))
  await import('./service-worker.ts')

  const dispatch = async (type: string, event: object) => {
    const waits: Promise<unknown>[] = []
    listeners.get(type)!({ ...event, waitUntil: (wait: Promise<unknown>) => waits.push(wait) })
    await Promise.all(waits)
  }
  return {
    ...{ store, shown, toldToPages, openedUrls, receipts },
    push: (text) => dispatch('push', { data: { text: () => text } }),
    async pressAndClose({ options }) {
      const notification = { data: options.data ?? null, tag: options.tag ?? '', close() {} }
      await dispatch('notificationclick', { notification, action: '' })
      await dispatch('notificationclose', { notification })
    },
  }
}
