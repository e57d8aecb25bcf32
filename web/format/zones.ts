/** Zones that browsers still list under the name that they had before. */
const renamed: Readonly<Record<string, string>> = {
  'Africa/Asmera': 'Africa/Asmara',
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Godthab': 'America/Nuuk',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
  'Pacific/Enderbury': 'Pacific/Kanton',
  'Pacific/Ponape': 'Pacific/Pohnpei',
  'Pacific/Truk': 'Pacific/Chuuk',
}

/** A zone by the name that it has today. */
export function presentName(zone: string): string {
  return renamed[zone] ?? zone
}

/** Every zone that the browser knows, UTC first. */
export function allZones(): readonly string[] {
  const known = Intl.supportedValuesOf('timeZone').map(presentName)
  return ['UTC', ...[...new Set(known)].filter((zone) => zone !== 'UTC').toSorted()]
}
