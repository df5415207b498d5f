/** What the objects use of Node's crypto, which workerd has (`nodejs_compat`) and @cloudflare/workers-types does not know. */
declare module 'node:crypto' {
  interface Hash {
    update(text: string): Hash
    digest(encoding: 'hex'): string
  }
  export function createHash(algorithm: 'sha256'): Hash
}
