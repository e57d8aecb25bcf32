import { framesOf } from './double-answer.ts'
import type { Behaviour } from './double-exchange.ts'
import { eventStream, json } from './sound-answers.ts'

/** Takes the request and never says a word. */
export const saysNothing: Behaviour = (exchange) => exchange.left

/** Sends headers, and never a byte behind them. */
export const sendsOnlyHeaders: Behaviour = async (exchange) => {
  await exchange.head(200, exchange.isStreamed ? eventStream : json)
  await exchange.left
}

/** Sends headers and who is speaking, and never a token. */
export const sendsOnlyTheRole: Behaviour = async (exchange) => {
  await exchange.head(200, eventStream)
  await exchange.body(framesOf(exchange.entry, exchange.plan())[0]?.text ?? '')
  await exchange.left
}

/** Sends comments for ever, which mean that it lives, and nothing else. */
export const sendsOnlyComments: Behaviour = async (exchange) => {
  await exchange.head(200, eventStream)
  const timer = setInterval(() => void exchange.body(': keep-alive\n\n'), 50)
  await exchange.left
  clearInterval(timer)
}

/** Closes the connection without an answer. */
export const hangsUp: Behaviour = (exchange) => exchange.close()

/** Closes it as a crash does. */
export const crashes: Behaviour = (exchange) => exchange.reset()

/** Sends bytes that are not HTTP. */
export const speaksNonsense: Behaviour = async (exchange) => {
  await exchange.raw('*1\r\n$4\r\nPING\r\n-ERR unknown command\r\n\r\n')
  exchange.close()
}

/** Sends half a header. */
export const cutsItsHeaders: Behaviour = async (exchange) => {
  await exchange.raw('HTTP/1.1 200 OK\r\ncontent-ty')
  exchange.close()
}

/** Sends more headers than anybody reads. */
export const floodsHeaders: Behaviour = async (exchange) => {
  await exchange.head(200, { ...json, 'x-flood': 'x'.repeat(200_000) })
  await exchange.left
}
