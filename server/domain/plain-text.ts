/** The longest name that a caller may give to a user, a session or a tag, in UTF-16 units. */
const maxText = 256

/** Text fit for a row: one normal form, no control characters, bounded; null when nothing is left. */
export function plainText(text: string | undefined): string | null {
  if (text === undefined) return null
  const plain = text
    .slice(0, 4 * maxText)
    .replaceAll(/\p{Cc}/gu, '')
    .normalize('NFC')
    .slice(0, maxText)
    .toWellFormed()
    .trim()
  return plain === '' ? null : plain
}
