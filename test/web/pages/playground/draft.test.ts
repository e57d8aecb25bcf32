import { expect, it } from 'vitest'
import { completionInput } from '#web/pages/playground/draft.ts'

const draft = {
  model: 'simulator:fast',
  system: ' ',
  user: 'Hello',
  temperature: '',
  maxOutputTokens: '',
  topP: '',
  effort: '',
}
const sent = (changes: Partial<typeof draft>) =>
  JSON.parse(JSON.stringify(completionInput({ ...draft, ...changes })))

it('leaves to the provider what is left empty', () => {
  expect(sent({})).toEqual({
    model: 'simulator:fast',
    messages: [{ role: 'USER', content: [{ text: 'Hello' }] }],
  })
})

it('sends zero, which is not empty', () => {
  expect(sent({ temperature: '0' }).temperature).toBe(0)
})

it('puts the system message first', () => {
  const { messages } = sent({ system: 'Be brief.', effort: 'LOW', maxOutputTokens: '20' })
  expect(messages.map(({ role }: { role: string }) => role)).toEqual(['SYSTEM', 'USER'])
})
