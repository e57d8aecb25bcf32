/** What stands where nothing is known: never a zero. */
export const unknown = '–'
