import { builder } from '../builder.ts'

/** Bodies of a call. None is stored yet, so all that there is to say is why. */
interface Payload {
  readonly notStoredReason: string
}

export const RequestPayload = builder.objectRef<Payload>('RequestPayload').implement({
  fields: (t) => ({
    request: t.field({ type: 'JSON', nullable: true, resolve: () => null }),
    response: t.field({ type: 'JSON', nullable: true, resolve: () => null }),
    truncated: t.boolean({ resolve: () => false }),
    redactions: t.int({ resolve: () => 0 }),
    storedUntil: t.field({ type: 'DateTime', nullable: true, resolve: () => null }),
    notStoredReason: t.exposeString('notStoredReason', { nullable: true }),
  }),
})
