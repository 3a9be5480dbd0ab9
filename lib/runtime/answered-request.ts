import type { FromRunner, ResponseMessage } from './messages.ts'
import { type Answer, isRefused, responseOf } from './network.ts'

/** The message to the child about a request of an Action; has no response where no mock answers. */
export async function answeredRequest(
  { id, method, url, headers, body }: FromRunner & { type: 'request' },
  answer: Answer | undefined,
): Promise<ResponseMessage> {
  const message: ResponseMessage = { type: 'response', id }
  try {
    const sent = body === '' ? {} : { body: Buffer.from(body, 'base64') }
    const answered = await answer?.(new Request(url, { method, headers, ...sent }))
    if (answered !== undefined) {
      const response = responseOf(answered)
      message.response = {
        status: response.status,
        headers: [...response.headers],
        body: Buffer.from(await response.arrayBuffer()).toString('base64'),
      }
    }
  } catch (error) {
    message[isRefused(error) ? 'refused' : 'threw'] = error instanceof Error ? error.message : String(error)
  }
  return message
}
