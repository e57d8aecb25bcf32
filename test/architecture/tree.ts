import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The repository's top folder. */
export const top = join(import.meta.dirname, '../..')

/** What git tracks or would track below a folder: the tree as it will be committed, without what is ignored. */
export function filesBelow(folder: string): readonly string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', folder],
    {
      cwd: top,
      encoding: 'utf8',
    },
  )
  return listed.split('\0').filter((path) => path !== '' && existsSync(join(top, path)))
}

/** A file's text by its path inside the repository. */
export const textOf = (path: string): string => readFileSync(join(top, path), 'utf8')

/** Committed, because `npm start` brings no generator along; neither linted nor formatted. */
export const isGenerated = (path: string): boolean => path === 'web/graphql/documents.ts'
