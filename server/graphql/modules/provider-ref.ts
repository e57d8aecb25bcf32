import { builder } from '../builder.ts'
import type { ConfiguredProvider } from '../sources.ts'

/** Apart from its fields, which lead to types that lead back to it. */
export const ProviderRef = builder.objectRef<ConfiguredProvider>('Provider')
