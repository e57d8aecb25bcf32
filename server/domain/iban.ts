import type { TextRange } from './json-text.ts'

/** How long the numbers of a country are, by the registry of ISO 13616. */
const lengths: ReadonlyMap<string, number> = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ' +
    'ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 ' +
    'LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 ' +
    'QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
)
const beginnings = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}/g
const isAlphanumeric = (unit: string): boolean => /^[A-Za-z0-9]$/.test(unit)

/** The first IBAN whose length and checksum are right, with or without single spaces in it. */
export function findIban(text: string, from: number): TextRange | undefined {
  beginnings.lastIndex = from
  for (let begun = beginnings.exec(text); begun; begun = beginnings.exec(text)) {
    const end = ibanEnd(text, begun.index)
    if (end !== undefined) return { start: begun.index, end }
  }
  return undefined
}

function ibanEnd(text: string, start: number): number | undefined {
  const length = lengths.get(text.slice(start, start + 2).toUpperCase())
  if (length === undefined) return undefined
  let plain = ''
  let at = start
  for (; plain.length < length; at++) {
    const unit = text.charAt(at)
    if (isAlphanumeric(unit)) plain += unit.toUpperCase()
    else if (unit !== ' ' || !isAlphanumeric(text.charAt(at + 1))) return undefined
  }
  return !isAlphanumeric(text.charAt(at)) && hasChecksum(plain) ? at : undefined
}

/** Modulo 97 of ISO 7064, digit by digit; letters count from A = 10. */
function hasChecksum(iban: string): boolean {
  let rest = 0
  for (const unit of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(unit, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}
