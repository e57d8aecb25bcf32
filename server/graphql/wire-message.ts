import type { Message } from './completion-choice.ts'
import type { Complain } from './completion-request.ts'

/** A message as OpenAI's wire has it. Text alone is a string, as every provider takes it. */
export function wireMessage(
  { role, content, name, toolCallId, toolCalls }: Message,
  complain: Complain,
): object {
  if (role === 'TOOL' && !toolCallId)
    complain(['toolCallId'], 'must name the call that this answers')
  const parts = content.map((part, index) =>
    wirePart(part, (path, text) => complain(['content', index, ...path], text)),
  )
  const [only] = content
  const plain = content.length === 1 && typeof only?.text === 'string' ? only.text : parts
  return {
    role: role.toLowerCase(),
    content: parts.length === 0 ? (toolCalls ? null : '') : plain,
    ...(name && { name }),
    ...(toolCallId && { tool_call_id: toolCallId }),
    ...(toolCalls && {
      tool_calls: toolCalls.map((call) => ({
        id: call.id,
        type: 'function',
        function: { name: call.name, arguments: call.argumentsJson },
      })),
    }),
  }
}

function wirePart(
  { text, imageUrl, imageBase64, audio }: Message['content'][number],
  complain: Complain,
): object {
  if (typeof imageUrl === 'string') {
    if (!/^(?:https?:\/\/[^\s/]|data:)/i.test(imageUrl))
      complain(['imageUrl'], 'must be an http, https or data URL')
    return { type: 'image_url', image_url: { url: imageUrl } }
  }
  if (imageBase64) {
    const { mediaType, data } = imageBase64
    if (!/^image\/[\w.+-]{1,60}$/.test(mediaType))
      complain(['imageBase64', 'mediaType'], 'must be a type such as image/png')
    if (!isBase64(data)) complain(['imageBase64', 'data'], 'must be base64')
    return { type: 'image_url', image_url: { url: `data:${mediaType};base64,${data}` } }
  }
  if (audio) {
    if (!/^[\w-]{1,20}$/.test(audio.format))
      complain(['audio', 'format'], 'must be a format such as wav')
    if (!isBase64(audio.data)) complain(['audio', 'data'], 'must be base64')
    return { type: 'input_audio', input_audio: { data: audio.data, format: audio.format } }
  }
  return { type: 'text', text: text ?? '' }
}

function isBase64(text: string): boolean {
  return text.length > 0 && text.length % 4 === 0 && /^[A-Za-z\d+/]*={0,2}$/.test(text)
}
