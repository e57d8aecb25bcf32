import type { CodegenConfig } from '@graphql-codegen/cli'
import { preset } from '@graphql-codegen/client-preset'

/** The one file of the preset's that the dashboard uses; pages import their documents from it by name. */
const documentsFile = 'documents.ts'

/**
 * The client preset, reduced to its typed documents: no registry of all documents, which would put every page's queries
 * into the first load, and no index to import through.
 */
const documentsOnly: typeof preset = {
  ...preset,
  buildGeneratesSection: async (options) => {
    const files = await preset.buildGeneratesSection(options)
    return files
      .filter(({ filename }) => filename.endsWith('graphql.ts'))
      .map((file) => ({ ...file, filename: file.filename.replace(/graphql\.ts$/, documentsFile) }))
  },
}

/** The text as it is committed: urql's own document type, and nothing that no document uses. */
function trimmed(text: string): string {
  return text
    .replace('/* eslint-disable */\n', '')
    .replace("'@graphql-typed-document-node/core'", "'@urql/core'")
    .replace(/\/\*\* Internal type[^\n]*\nexport type Incremental[^\n]*\n/, '')
}

/** Types and documents of every `.graphql` file below web/, held against the schema that the server prints. */
const config: CodegenConfig = {
  schema: 'server/graphql/schema.graphql',
  documents: 'web/**/*.graphql',
  generates: {
    'web/graphql/': {
      preset: documentsOnly,
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        dedupeFragments: true,
        scalars: {
          DateTime: 'string',
          Date: 'string',
          Decimal: 'string',
          BigInt: 'number | string',
          JSON: 'unknown',
          URL: 'string',
          TimeZone: 'string',
        },
      },
      hooks: { beforeOneFileWrite: [(_path: string, text: string) => trimmed(text)] },
    },
  },
}

export default config
