/** How long the double's answers are. */
export const answerTokens = 60

/** Some are more than one byte long, so that a cut can go through them. */
const words =
  'river stone light größer window naïve seven 日本 paper cloud ember field Ärger north 🙂 harbour quiet señor'.split(
    ' ',
  )

/** The tokens of an answer: always the same for the same seed, and another one for another seed. */
export function answerOf(seed: string): readonly string[] {
  let state = 7
  for (const unit of seed) state = (state * 31 + (unit.codePointAt(0) ?? 0)) % 2_147_483_647
  return Array.from({ length: answerTokens }, (_, index) => {
    state = (state * 48_271 + 11) % 2_147_483_647
    return `${index === 0 ? '' : ' '}${words[state % words.length]}${state % 97}`
  })
}

/** How many tokens a text of the double has. */
export function tokensIn(text: string): number {
  return text === '' ? 0 : text.split(' ').length
}
