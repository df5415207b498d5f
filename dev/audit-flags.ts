/** Reads the flags of `npm run audit:verify`. Pure: text in, values out; a wrong flag is a {@link FlagError}. */
import type { ChainPlace } from '../push/audit-chain.ts'
import { FlagError, readOptions, unexpected } from './flags.ts'

export interface AuditFlags {
  /** An export; null: it is fetched. */
  readonly file: string | null
  /** Where the platform is; null: the export is a file. */
  readonly url: string | null
  /** Of the operator: whose log. */
  readonly app: string | null
  /** A head that was noted before. */
  readonly head: ChainPlace | null
  readonly help: boolean
}

const HEAD = /^(\d{1,15}):([0-9a-f]{64})$/

/** @throws FlagError */
export function parseAuditFlags(args: readonly string[]): AuditFlags {
  const { values, positionals } = readOptions(args, {
    file: { type: 'string' },
    url: { type: 'string' },
    app: { type: 'string' },
    head: { type: 'string' },
    help: { type: 'boolean' },
  })
  if (positionals.length > 0) throw unexpected(positionals[0]!)
  const [file, url, app] = [values.file, values.url, values.app].map((value) => (value as string | undefined) || null)
  const flags = { file: file!, url: url!, app: app!, head: parseHead(values.head), help: values.help === true }
  if (!flags.help && (file === null) === (url === null)) throw new FlagError('Say one of --file and --url')
  if (file !== null && app !== null) throw new FlagError('--app belongs to --url: a file says whose it is')
  if (url !== null && !URL.canParse(url!)) throw new FlagError(`--url wants the address of a platform, not '${url}'`)
  return flags
}

function parseHead(value: unknown): ChainPlace | null {
  if (value === undefined) return null
  const [, sequence, hash] = HEAD.exec(String(value)) ?? []
  if (sequence !== undefined && hash !== undefined) return { sequence: Number(sequence), hash }
  throw new FlagError(`--head wants SEQUENCE:HASH as GET /v1/audit/head said them, not '${value}'`)
}
