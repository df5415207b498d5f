/** The little markup that descriptions use: `code` in back-ticks, paragraphs by empty lines. Pure; everything is escaped. */
import { html } from 'hono/html'

/** Text with its back-ticked parts as code. */
export function markup(text: string) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))
}

export function paragraphs(text: string) {
  return text.split('\n\n').map((paragraph) => html`<p>${markup(paragraph)}</p>`)
}
