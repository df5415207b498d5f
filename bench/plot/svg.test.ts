import { describe, expect, it } from 'vitest'
import { element, moved, svgDocument, text, widthOf } from './svg.ts'

describe('SVG', () => {
  it('escapes what it is given', () => {
    expect(text('a < b & "c"', { x: 0, y: 0 })).toBe('<text x="0" y="0">a &lt; b &amp; &quot;c&quot;</text>')
    expect(element('g', { id: '"><script>' })).toBe('<g id="&quot;&gt;&lt;script&gt;"/>')
  })

  it('writes numbers to a tenth of a pixel', () => {
    expect(moved(1 / 3, 2, element('rect', { width: 10.04 }))).toBe(
      '<g transform="translate(0.3 2)"><rect width="10"/></g>',
    )
  })

  it('leaves out what is not there', () => {
    expect(element('text', { class: undefined, x: 1 })).toBe('<text x="1"/>')
  })

  it('says in a document what there is to see, and styles it for day and night', () => {
    const svg = svgDocument({ width: 20, height: 10, drawing: element('g', {}) }, 'A <plot>')
    expect(svg).toContain('viewBox="0 0 20 10"')
    expect(svg).toContain('aria-label="A &lt;plot&gt;"')
    expect(svg).toContain('prefers-color-scheme:dark')
  })

  it('takes a longer text for wider', () => {
    expect(widthOf('10,000')).toBeGreaterThan(widthOf('1,000'))
  })
})
