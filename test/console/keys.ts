/** Remembers every secret key that WebCrypto is given or gives out from now on: nobody has to say that he has made one. */
import { remember, rememberBytes } from './canaries.ts'

type Import = (format: string, data: unknown, ...how: unknown[]) => Promise<CryptoKey>
type Export = (format: string, key: CryptoKey) => Promise<unknown>

const KIND = 'a key that WebCrypto had'

export function watchKeys(subtle: SubtleCrypto): void {
  const importKey = subtle.importKey.bind(subtle) as Import
  const exportKey = subtle.exportKey.bind(subtle) as Export
  const watched: { importKey: Import; exportKey: Export } = {
    importKey: async (format, data, ...how) => {
      const key = await importKey(format, data, ...how)
      if (key.type !== 'public') rememberKey(data)
      return key
    },
    exportKey: async (format, key) => {
      const data = await exportKey(format, key)
      if (key.type !== 'public') rememberKey(data)
      return data
    },
  }
  for (const [name, value] of Object.entries(watched))
    Object.defineProperty(subtle, name, { value, configurable: true })
}

/** @param data bytes, or a JWK */
function rememberKey(data: unknown): void {
  if (data instanceof ArrayBuffer) rememberBytes(KIND, new Uint8Array(data))
  else if (ArrayBuffer.isView(data)) rememberBytes(KIND, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  else {
    const { d, k } = data as { readonly d?: string; readonly k?: string }
    remember(KIND, d ?? k ?? '')
  }
}
