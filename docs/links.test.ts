/**
 * The pages and what they point at: every relative link leads to a file, every fragment to a heading, and where a
 * link's text is a name in code, that name is in the file. A page that outlives a rename fails here.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

/** `[text](target)`; the text may hold code, the target holds no space. */
const LINK = /\[([^\]]+)\]\(([^)\s]+)\)/g
/** A link's text that claims a name: `` `grantLease` ``, `` `Ledger.openStep` ``, `` `MINTING` ``. */
const NAME_IN_CODE = /^`([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)(?:\(\))?`$/
const SOURCE_FILE = /\.(?:ts|mjs|sql|toml)$/
const ELSEWHERE = /^[a-z][a-z0-9+.-]*:/i

interface Link {
  readonly page: string
  readonly text: string
  readonly target: string
}

const FOLDERS = ['bench', 'docs', 'egress', 'sdk', 'sim']
const pages = [...markdownIn(ROOT), ...FOLDERS.flatMap((folder) => markdownIn(join(ROOT, folder), true))]
const links = pages.flatMap(linksOf).filter(({ target }) => !ELSEWHERE.test(target))

describe('the documentation', () => {
  it('has pages, and links between them', () => {
    expect(pages.length).toBeGreaterThan(10)
    expect(links.length).toBeGreaterThan(100)
  })

  it('links to files that exist', () => {
    expect(links.filter((link) => !existsSync(fileOf(link))).map(describeLink)).toEqual([])
  })

  it('links to headings that exist', () => {
    const broken = links.filter((link) => {
      const fragment = link.target.split('#')[1]
      const file = fileOf(link)
      if (fragment === undefined || !file.endsWith('.md') || !existsSync(file)) return false
      return !headingsOf(file).includes(fragment)
    })
    expect(broken.map(describeLink)).toEqual([])
  })

  it('names only what is in the file that it points at', () => {
    const broken = links.filter((link) => {
      const name = NAME_IN_CODE.exec(link.text)?.[1]
      const file = fileOf(link)
      if (name === undefined || !SOURCE_FILE.test(file) || !existsSync(file)) return false
      const source = readFileSync(file, 'utf8')
      return !name
        .split('.')
        .every((part) => new RegExp(`(?<![\\w$])${part.replace(/\$/g, '\\$&')}(?![\\w$])`).test(source))
    })
    expect(broken.map(describeLink)).toEqual([])
  })
})

function markdownIn(folder: string, recursive = false): string[] {
  return readdirSync(folder, { recursive })
    .map((name) => join(folder, String(name)))
    .filter((path) => path.endsWith('.md') && statSync(path).isFile())
}

function linksOf(page: string): Link[] {
  const prose = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```/gm, '')
  return [...prose.matchAll(LINK)].map(([, text, target]) => ({ page, text: text!, target: target! }))
}

function fileOf({ page, target }: Link): string {
  const path = target.split('#')[0]!
  return path === '' ? page : resolve(dirname(page), decodeURI(path))
}

/** As GitHub makes fragments of headings. */
function headingsOf(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}

function describeLink({ page, text, target }: Link): string {
  return `${relative(ROOT, page)}: [${text}](${target})`
}
