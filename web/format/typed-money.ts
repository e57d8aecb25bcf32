const typed = /^\$?\s*(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d{1,6}))?$/

/**
 * An amount of dollars as somebody typed it (`250`, `$1,000.50`, to the sixth decimal), as the schema's Decimal. It stays
 * text all the way.
 *
 * @returns Null where it is none.
 */
export function typedMoney(text: string): string | null {
  const [, whole, fraction] = typed.exec(text.trim()) ?? []
  if (whole === undefined) return null
  const dollars = whole.replaceAll(',', '').replace(/^0+(?=\d)/, '')
  return fraction === undefined ? dollars : `${dollars}.${fraction}`
}
