import { visible } from './visible.ts'

/** A text in Markdown, in a table too: each sign stands for itself, and it is one line. */
export function markdownText(text: string): string {
  return visible(text).replaceAll(/[\\`*_<>[\]|~]/g, '\\$&')
}

/** A text as code in Markdown, in a table too. */
export function markdownCode(text: string): string {
  return `\`${visible(text).replaceAll('`', "'").replaceAll('|', '\\|')}\``
}
