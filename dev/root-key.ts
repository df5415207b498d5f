/**
 * `npm run keys:root`: prints a fresh key for the operator, once, and how to set it. Keeps nothing and sets nothing: only
 * what it prints knows the key.
 */
import { randomBytes } from 'node:crypto'
import { KEY_RANDOM_BYTES } from '../push/key-text.ts'
import { makeRootKey, rootKeyHash } from '../push/root-key.ts'

const key = makeRootKey(randomBytes(KEY_RANDOM_BYTES))
const hash = await rootKeyHash(key)

console.log(`
The key, which is shown this once:

  ${key}

Its hash, which is enough for ROOT_KEY: whoever reads the setting cannot use it.

  ${hash}

Set it, in place of the one before:

  echo ${hash} | npx wrangler secret put ROOT_KEY

Or with an overlap: both are good until you set the new one alone.

  echo ${hash},<hash of the old key> | npx wrangler secret put ROOT_KEY

The hash of an old key that you have: printf %s '<old key>' | sha256sum, with sha256: in front of it.`)
