import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { z } from 'zod'

/** Where relative paths begin. */
export const projectRoot = resolve(import.meta.dirname, '../..')
const asInteger = (text: string) =>
  /^\s*[+-]?\d+(_\d+)*\s*$/.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN
/** A whole number; underscores may part its digits. */
export const integer = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  z
    .string()
    .transform(asInteger)
    .pipe(z.int(`a whole number from ${least} to ${most}`).min(least).max(most))
/** Seconds, perhaps with a fraction. */
export const seconds = z
  .string()
  .transform((text) => (text.trim() === '' ? Number.NaN : Number(text.replaceAll('_', ''))))
export const optional = z.string().optional()
/** A path; a relative one begins where the project is, `~` at home. */
export const path = z
  .string()
  .transform((text) => resolve(projectRoot, text.replace(/^~(?=\/|$)/, homedir())))
/** An http address, without a trailing slash. */
export const address = z
  .string()
  .transform((text) => text.trim().replace(/\/+$/, ''))
  .pipe(z.url({ protocol: /^https?$/, error: 'an address that begins with http:// or https://' }))
/** Parts between commas. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
)
