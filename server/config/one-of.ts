import { z } from 'zod'

/** One of those words. */
export const oneOf = <Name extends string>(names: Readonly<Record<Name, unknown>>) =>
  z.enum(Object.keys(names) as [Name, ...Name[]])
