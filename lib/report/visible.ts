/**
 * What a terminal, a log viewer or a reader's eye would take for something else than a sign of the text: control
 * characters (C0, DEL, C1), line and paragraph separators, marks that change the direction of text, signs without
 * width, tags, and halves of surrogate pairs.
 */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\ufffe\uffff]|\p{Cs}/gu

/**
 * A text as one line in which everything can be seen: signs that would not be are written as JSON writes them, `\n`,
 * `\t` and `\u001b`. Inside a JSON text it stays the same JSON.
 */
export function visible(text: string): string {
  return harmless(text.replace(UNSEEN, escaped))
}

/**
 * The same for a document of several lines: line breaks and tabs stay as they are. With `commands`, lines that begin
 * as commands of GitHub do stay too: the document is made of them.
 */
export function visibleDocument(text: string, { commands = false } = {}): string {
  const shown = text.replace(UNSEEN, (sign) => (sign === '\n' || sign === '\t' ? sign : escaped(sign)))
  return commands ? shown : shown.split('\n').map(harmless).join('\n')
}

/** What a runner of CI jobs would carry out as a command of its own: `::…` at the start of a line, and `##[…` anywhere. */
function harmless(line: string): string {
  return line.replace(/^([ \t]*):(?=:)/, '$1\\u003a').replace(/#(?=#\w*\[)/g, '\\u0023')
}

function escaped(sign: string): string {
  if (sign === '\n') return '\\n'
  if (sign === '\r') return '\\r'
  if (sign === '\t') return '\\t'
  let text = ''
  for (let index = 0; index < sign.length; index++) {
    text += `\\u${sign.charCodeAt(index).toString(16).padStart(4, '0')}`
  }
  return text
}
