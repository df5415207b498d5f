/** Writes SVG: elements with escaped text and short numbers, and the document around them. Pure; knows no charts. */
import { STYLE } from './style.ts'

/** A piece of a drawing. Made by this file only, so that nothing unescaped gets in. */
export type Drawing = string & { readonly drawing: unique symbol }

type Attributes = Readonly<Record<string, string | number | undefined>>

export function element(name: string, attributes: Attributes, ...content: readonly Drawing[]): Drawing {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeText(typeof value === 'number' ? short(value) : value!)}"`)
    .join('')
  const inner = content.join('')
  return (inner === '' ? `<${name}${written}/>` : `<${name}${written}>${inner}</${name}>`) as Drawing
}

export interface TextPlace {
  readonly x: number
  /** Of the baseline. */
  readonly y: number
  /** See style.ts. */
  readonly class?: string
  readonly anchor?: 'start' | 'middle' | 'end'
}

export function text(content: string, { x, y, class: name, anchor }: TextPlace): Drawing {
  return element('text', { x, y, class: name, 'text-anchor': anchor }, escapeText(content) as Drawing)
}

export function line(name: string, x1: number, y1: number, x2: number, y2: number): Drawing {
  return element('line', { class: name, x1, y1, x2, y2 })
}

export function moved(x: number, y: number, ...content: readonly Drawing[]): Drawing {
  return element('g', { transform: `translate(${short(x)} ${short(y)})` }, ...content)
}

export interface Picture {
  readonly width: number
  readonly height: number
  readonly drawing: Drawing
}

/** A whole file. @param label what there is to see, for those who cannot */
export function svgDocument({ width, height, drawing }: Picture, label: string): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-label': label,
  }
  const style = element('style', {}, STYLE as Drawing)
  const ground = element('rect', { class: 'ground', width, height, rx: 6 })
  return `${element('svg', attributes, style, ground, drawing)}\n`.replaceAll('><', '>\n<')
}

/** How wide a text is at most, about: the font is the reader's own. */
export function widthOf(content: string, fontSize = 12): number {
  return Math.ceil(content.length * fontSize * 0.58)
}

/** A tenth of a pixel is enough, and keeps a new measurement from changing every digit of the file. */
function short(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function escapeText(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
