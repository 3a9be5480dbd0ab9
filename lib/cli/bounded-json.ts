import { ToolkitError } from '../errors.ts'
import { jsonDepth, LIMITS } from '../limits.ts'

/**
 * Refuses the text of an event that is longer or deeper than any event, before it is parsed: what walks through it later
 * has a stack, and a copy of it for each run.
 *
 * @throws ToolkitError `ERR_INPUT` with the place.
 */
export function assertEventText(text: string, at: { file: string; line?: number }): void {
  if (text.length > LIMITS.eventLength) {
    throw new ToolkitError('ERR_INPUT', `the event has more than ${LIMITS.eventLength} characters`, {
      ...at,
      hint: 'Take out what the Actions do not read: an event of Auth0 has some thousands.',
    })
  }
  if (jsonDepth(text) > LIMITS.jsonDepth) {
    throw new ToolkitError('ERR_INPUT', `the event has more than ${LIMITS.jsonDepth} levels`, {
      ...at,
      hint: 'Take out what is nested so deeply: an event of Auth0 has some ten levels.',
    })
  }
}
