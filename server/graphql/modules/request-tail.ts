import type { Batch } from '#events/subscription.ts'
import type { TailedCall } from '#events/request-tail.ts'
import { builder } from '../builder.ts'
import { timelessSelection } from '../request-selection.ts'
import { requestView } from '../request-view.ts'
import { Request } from './request.ts'
import { RequestFilter } from './request-filter.ts'

const RequestBatch = builder.objectRef<Batch<TailedCall>>('RequestBatch').implement({
  description: 'At most four batches a second; `dropped` counts what was left out under load.',
  fields: (t) => ({
    requests: t.field({
      type: [Request],
      resolve: ({ items }) => items.map(({ record }) => requestView(record)),
    }),
    dropped: t.exposeInt('dropped'),
  }),
})

builder.subscriptionField('requestTail', (t) =>
  t.field({
    type: RequestBatch,
    authScopes: { may: 'read' },
    description: "Live tail; the filter's time range is ignored.",
    args: { filter: t.arg({ type: RequestFilter, required: true }) },
    subscribe: (_root, { filter }, { services, viewer }) =>
      services.tail.subscribe(viewer, timelessSelection(filter)),
    resolve: (batch) => batch,
  }),
)
