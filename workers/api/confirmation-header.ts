/** The header by which a caller confirms a send to very many; see confirm-send.ts. */
import { z } from '@hono/zod-openapi'

/** Twice what one has. */
const MAX_CONFIRMATION_CHARACTERS = 150

export const confirmationHeader = z.object({
  'fanfare-confirmation': z.string().min(1).max(MAX_CONFIRMATION_CHARACTERS).optional().openapi({
    description: '`confirmation` of the `confirmation_required` that this request was answered before.',
  }),
})
