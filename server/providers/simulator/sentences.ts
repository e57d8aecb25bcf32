import type { JsonObject, JsonValue } from '#domain/chat.ts'
import { listOf, objectOf } from '../openai-wire/shape.ts'
import { oneOf } from './chance.ts'

const openings = [
  'Good question about TOPIC.',
  'Here is the short version on TOPIC.',
  'TOPIC is easier than it looks.',
  'Let us take TOPIC step by step.',
  'There are a few sides to TOPIC.',
] as const

const middles = [
  'Most teams begin with the simplest thing that works and measure it.',
  'The first figure to look at is latency, because people notice it before anything else.',
  'A cheaper model often does nine tenths of the work, and the rest can go to a larger one.',
  'Caching the parts that never change saves more than any clever prompt.',
  'It helps to write the expected result down before trying anything.',
  'Costs grow with what is sent, so shorter context is the easiest saving.',
  'When a provider is slow, a second one that answers in time is worth more than a better one that does not.',
  'Small steps with a test after each are faster than one large leap.',
  'The numbers from last week are a fair guess for the next, unless something changed.',
  'Streaming does not make an answer faster, but it makes waiting shorter.',
  'What looks like a failure of the model is often a question with two meanings.',
  'For TOPIC in particular, an example says more than a rule.',
] as const

const closings = [
  'Tell me which part of TOPIC matters most to you, and I can go deeper.',
  'That should be enough to begin with TOPIC.',
  'In short: start small, measure, and keep what works.',
  'Everything here comes from the simulator, so take it with a pinch of salt.',
] as const

const thoughts = [
  'The question is about TOPIC.',
  'I should say what matters first.',
  'There may be a trap in the wording.',
  'An example would help here.',
  'Three points are enough.',
  'Let me check whether that is consistent.',
] as const

/** A plausible answer of so many sentences about what was asked. */
export function answerText(
  topic: string,
  { sentences, random }: { sentences: number; random: () => number },
): string {
  const body = shuffled(middles, random).slice(0, Math.max(0, sentences - 2))
  const parts = [oneOf(openings, random), ...body, oneOf(closings, random)].slice(
    0,
    Math.max(1, sentences),
  )
  return parts.map((part) => about(part, topic)).join(' ')
}

/** What a model thinks before it answers. */
export function thoughtText(topic: string, random: () => number): string {
  return shuffled(thoughts, random)
    .slice(0, 4)
    .map((part) => about(part, topic))
    .join(' ')
}

/** What a conversation is about: the longest word of its last question. */
export function topicOf(messages: JsonValue | undefined): string {
  const words = lastQuestion(messages).match(/\p{L}{4,30}/gu) ?? []
  return (
    words.reduce((longest, word) => (word.length > longest.length ? word : longest), '') || 'this'
  )
}

/** The text of the last message of the user. */
export function lastQuestion(messages: JsonValue | undefined): string {
  const last = listOf(messages).findLast((message) => objectOf(message)?.['role'] === 'user')
  return last === undefined ? '' : textIn(objectOf(last) ?? {})
}

/** All text of a message. */
export function textIn({ content }: JsonObject): string {
  if (typeof content === 'string') return content
  return listOf(content)
    .map((part) => objectOf(part)?.['text'])
    .filter((text) => typeof text === 'string')
    .join(' ')
}

function about(sentence: string, topic: string): string {
  const text = sentence.replaceAll('TOPIC', () => topic)
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function shuffled<Value>(values: readonly Value[], random: () => number): Value[] {
  return values
    .map((value) => ({ value, rank: random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ value }) => value)
}
