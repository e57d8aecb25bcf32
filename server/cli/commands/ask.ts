import type { Command } from 'commander'
import { z } from 'zod'
import { CliFailure } from '../cli-failure.ts'
import { addVerb, sessionOf } from '../verb.ts'

const completion = z.object({
  id: z.string(),
  model: z.string(),
  providerName: z.string(),
  text: z.string(),
  finishReason: z.string(),
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number() }),
  cost: z.object({ total: z.string().nullable(), source: z.string() }),
})

const event = z.object({
  completionStream: z.object({
    __typename: z.string(),
    text: z.string().optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    completion: completion.optional(),
  }),
})

const document = `subscription Ask($input: CompletionInput!) {
  completionStream(input: $input) {
    __typename
    ... on CompletionTextDelta { text }
    ... on CompletionFailed { error { code message } }
    ... on CompletionFinished { completion {
      id model providerName text finishReason
      usage { inputTokens outputTokens } cost { total source }
    } }
  }
}`

export function addAsk(program: Command): void {
  addVerb(program, 'ask <prompt>', {
    description: 'Streams an answer; Ctrl-C cancels the call.',
    example: 'ask "Why is the sky blue?" --model openai:gpt-4.1-mini',
  })
    .requiredOption('--model <model>', 'an alias, or provider:model')
    .option('--system <text>', 'what the model is told first')
    .action(async (prompt: string, _options, command: Command) => {
      const { api, json, print, tell } = sessionOf(command)
      const { model, system } = command.opts<{ model: string; system?: string }>()
      const messages = [
        ...(system === undefined ? [] : [{ role: 'SYSTEM', content: [{ text: system }] }]),
        { role: 'USER', content: [{ text: prompt }] },
      ]
      const cancel = new AbortController()
      process.on('SIGINT', () => cancel.abort())
      let answer: z.infer<typeof completion> | undefined
      const variables = { input: { model, messages } }
      for await (const { completionStream: got } of api.follow(
        { document, data: event, variables },
        cancel.signal,
      )) {
        if (got.error) throw new CliFailure(got.error.message, { code: got.error.code })
        if (got.text !== undefined && !json) process.stdout.write(got.text)
        if (got.completion) answer = got.completion
      }
      if (cancel.signal.aborted) throw new CliFailure('Cancelled.', { code: 'CANCELLED' })
      if (!answer) throw new CliFailure('The answer broke off.', { code: 'PROVIDER_PROTOCOL' })
      const { usage, cost, providerName } = answer
      print({ completion: answer }, () => '')
      tell(
        `${providerName}:${answer.model}, ${usage.inputTokens} + ${usage.outputTokens} tokens, ${cost.total === null ? 'unpriced' : `$${cost.total}`}`,
      )
    })
}
