/** What the reader of a push sees who follows its link to leave a topic: one page without a script, and its style. */
import { html } from 'hono/html'

/** What became of the link, or can: see follow-link.ts. */
export type LinkState = 'subscribed' | 'left' | 'joined_since' | 'expired' | 'unknown'

interface Words {
  readonly title: string
  readonly text: string
}

const WORDS: Readonly<Record<LinkState, Words>> = {
  subscribed: { title: 'Stop these notifications?', text: 'The device that got this link is subscribed to' },
  left: { title: 'Unsubscribed', text: 'The device that got this link is no longer subscribed to' },
  joined_since: {
    title: 'Nothing was changed',
    text: 'After this link was made, its device was subscribed again. Use the link of a newer notification to leave',
  },
  expired: {
    title: 'This link has expired',
    text: 'Nothing was changed. Use the link of a newer notification, or the app itself, to leave',
  },
  unknown: {
    title: 'This link is not valid',
    text: 'Nothing was changed. It may have been cut off: open it from the notification again, or use the app itself.',
  },
}

/** Addresses are relative: what stands in front of the platform may put it below another path. @param topic of a link that is ours; null: nothing the link says is believed, and nothing of it is shown */
export function renderUnsubscribePage(state: LinkState, topic: string | null) {
  const { title, text } = WORDS[state]
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <link rel="stylesheet" href="unsubscribe/style.css" />
        <link rel="icon" href="data:," />
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          <p>${text}${topic === null ? '' : html` <strong>${topic}</strong>.`}</p>
          ${state === 'subscribed' ? html`<form method="post"><button>Unsubscribe</button></form>` : ''}
        </main>
      </body>
    </html>`
}

export const UNSUBSCRIBE_STYLE = `
:root { --ground: #f6f7f9; --panel: #ffffff; --ink: #1c2430; --quiet: #5c6675; --line: #e3e6eb; --accent: #c2410c; --on-accent: #ffffff }
@media (prefers-color-scheme: dark) {
  :root { --ground: #11161d; --panel: #171d26; --ink: #e4e9f0; --quiet: #98a3b3; --line: #2a323e; --accent: #fb923c; --on-accent: #11161d }
}
* { box-sizing: border-box }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  background: var(--ground); color: var(--ink);
  font: 16px/1.6 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main { width: 100%; max-width: 28rem; padding: 2rem; background: var(--panel); border: 1px solid var(--line); border-radius: 12px }
h1 { margin: 0 0 .5rem; font-size: 1.4rem; line-height: 1.25; letter-spacing: -.01em }
p { margin: 0; color: var(--quiet) }
strong { color: var(--ink); overflow-wrap: anywhere }
form { margin-top: 1.5rem }
button { width: 100%; padding: .75rem 1rem; border: 0; border-radius: 8px; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer }
button:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px }
`
