import { ForbiddenError, NotFoundError } from '../api-error.ts'
import { builder } from '../builder.ts'

export const NodeIdInput = builder.inputType('NodeIdInput', {
  fields: (t) => ({ id: t.id({ required: true }) }),
})

const DeleteSuccess = builder.objectRef<{ readonly id: string }>('DeleteSuccess').implement({
  fields: (t) => ({ id: t.exposeID('id') }),
})

export const DeleteResult = builder.errorUnion('DeleteResult', {
  types: [DeleteSuccess, NotFoundError, ForbiddenError],
  resolveType: () => 'DeleteSuccess',
})
