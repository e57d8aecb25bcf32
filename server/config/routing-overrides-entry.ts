import { z } from 'zod'

/** What `allow_routing_overrides` may say: everybody, nobody, or the ids of those API keys that may. */
export const routingOverridesEntry = z
  .union([z.boolean(), z.array(z.guid('expected the id of an API key').toLowerCase()).min(1)], {
    error: 'expected true, false, or a list of ids of API keys',
  })
  .default(true)
