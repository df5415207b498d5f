/** `/v1/unsubscribe`: where the link of a push to a topic leads its reader. Who holds the link needs no key. */
import { createRoute, z } from '@hono/zod-openapi'
import { allow } from './auth.ts'
import { followLink, type LinkAnswer, lookAtLink } from './follow-link.ts'
import { newRouter } from './router.ts'
import { type LinkState, renderUnsubscribePage, UNSUBSCRIBE_STYLE } from './unsubscribe-page.ts'

/** A topic has up to 900; the rest of a link has less than 200. */
const MAX_LINK_CHARACTERS = 1_100

// Not strict: who passes a link on may append something of his own.
const inLink = z.object({
  link: z.string().max(MAX_LINK_CHARACTERS).openapi({
    description: 'As it stands in `fanfare_unsubscribe` of a push.',
    example: '01kb….01kb….01kb….1796115600.b5Zc….news',
  }),
})

const page = { 'text/html': { schema: z.string().openapi({ example: '<!doctype html>…' }) } }
const responses = {
  200: { description: 'A page for the reader.', content: page },
  404: { description: 'A page: no app of this platform made this link.', content: page },
  410: { description: 'A page: the link has expired, or the device was subscribed again since.', content: page },
}

const showUnsubscribePage = createRoute({
  method: 'get',
  path: '/v1/unsubscribe',
  tags: ['Topics'],
  summary: 'Show the page that leaves a topic',
  description: 'Changes nothing, because previews of messages follow links too: the button of the page does.',
  ...allow('showUnsubscribePage'),
  request: { query: inLink },
  responses,
})

const followUnsubscribeLink = createRoute({
  method: 'post',
  path: '/v1/unsubscribe',
  tags: ['Topics'],
  summary: 'Leave a topic by the link of a push',
  description:
    'What the button of the page does. Takes any body, such as `List-Unsubscribe=One-Click` (RFC 8058), and reads none. ' +
    'Idempotent. Ends the subscription that the push went out by, and no later one.',
  ...allow('followUnsubscribeLink'),
  request: { query: inLink },
  responses,
})

const STATUS = { subscribed: 200, left: 200, joined_since: 410, expired: 410, unknown: 404 } as const satisfies Record<
  LinkState,
  number
>

export const unsubscribe = newRouter()
  .openapi(showUnsubscribePage, async (c) => {
    const { state, topic } = await lookAtLink(c.env, c.req.valid('query').link, Date.now())
    return c.html(render({ state, topic }), STATUS[state])
  })
  .openapi(followUnsubscribeLink, async (c) => {
    const { state, topic } = await followLink(c.env, c.req.valid('query').link, Date.now())
    return c.html(render({ state, topic }), STATUS[state])
  })

unsubscribe.get('/v1/unsubscribe/style.css', (c) =>
  c.body(UNSUBSCRIBE_STYLE, 200, { 'Content-Type': 'text/css', 'Cache-Control': 'public, max-age=300' }),
)

async function render({ state, topic }: LinkAnswer): Promise<string> {
  return String(await renderUnsubscribePage(state, topic))
}
