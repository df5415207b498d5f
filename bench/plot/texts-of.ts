/** Where the texts of a picture are, as far as that can be known without the reader's font. For tests. */
import { widthOf } from './svg.ts'

export interface TextBox {
  readonly content: string
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

const ELEMENT = /<(\/?)(\w+)([^>]*?)(\/?)>([^<]*)/g
/** Of a letter of 12 px: above and below the baseline. */
const ASCENT = 9
const DESCENT = 3

/** How much of a text stands before its place, by `text-anchor`. */
const SHARE_BEFORE: Readonly<Record<string, number>> = { start: 0, middle: 0.5, end: 1 }

/** @param svg as svg.ts writes it */
export function textsOf(svg: string): TextBox[] {
  const boxes: TextBox[] = []
  const origins = [{ x: 0, y: 0 }]
  for (const [, closing, name, attributes = '', selfClosing, content = ''] of svg.matchAll(ELEMENT)) {
    if (closing) {
      if (name === 'g') origins.pop()
    } else if (name === 'g' && !selfClosing) {
      const [, x = '0', y = '0'] = /translate\((\S+) (\S+)\)/.exec(attributes) ?? []
      const { x: fromX, y: fromY } = origins.at(-1)!
      origins.push({ x: fromX + Number(x), y: fromY + Number(y) })
    } else if (name === 'text') boxes.push(boxOf(attributes, content, origins.at(-1)!))
  }
  return boxes
}

/** Whether two texts cover the same spot. */
export function collide(one: TextBox, other: TextBox): boolean {
  const across = one.left < other.right && other.left < one.right
  return across && one.top < other.bottom && other.top < one.bottom
}

function boxOf(attributes: string, content: string, origin: { readonly x: number; readonly y: number }): TextBox {
  const number = (name: string) => Number(new RegExp(` ${name}="([^"]*)"`).exec(attributes)![1])
  const width = widthOf(content)
  const anchor = /text-anchor="(\w+)"/.exec(attributes)?.[1] ?? 'start'
  const left = origin.x + number('x') - width * SHARE_BEFORE[anchor]!
  const baseline = origin.y + number('y')
  return { content, left, right: left + width, top: baseline - ASCENT, bottom: baseline + DESCENT }
}
