import { candidates } from './candidates.ts'
import { worstCaseSize } from './size.ts'
import type { Contract, JsonSchema } from './types.ts'

/**
 * A Markdown page about contracts, for those who read the claims: claim, type, meaning, when it is there,
 * an example and the largest size.
 *
 * @param setBy Names of the Actions that set a claim, where that is known.
 */
export function docsOf(
  contracts: readonly Contract[],
  setBy: (contract: Contract, claim: string) => readonly string[] = () => [],
): string {
  const pages = contracts.map((contract) => {
    const size = worstCaseSize(contract)
    const about =
      contract.token === 'id_token' ? 'In ID tokens.' : `In access tokens for \`${contract.audience}\`.`
    const rows = contract.claims.map((claim) => {
      const schema = contract.schema.properties?.[claim] ?? true
      const facts = typeof schema === 'object' ? schema : {}
      const cells = [
        `\`${claim}\``,
        typeText(schema),
        facts.description ?? '',
        contract.schema.required?.includes(claim) ? 'always' : 'not always',
        example(contract, claim, schema),
        Number.isFinite(size.claims[claim]) ? `${size.claims[claim]}` : 'no bound',
        setBy(contract, claim).join(', '),
      ]
      return `| ${cells.map(cell).join(' | ')} |`
    })
    const budget = contract.maxBytes === undefined ? '' : ` Budget: ${contract.maxBytes} bytes.`
    const total = Number.isFinite(size.bytes)
      ? `All claims take at most ${size.bytes} bytes, the signed token about ${size.signedBytes}.`
      : 'The claims have no largest size.'
    return [
      `## ${contract.title}`,
      '',
      ...(contract.description === undefined ? [] : [contract.description, '']),
      `${about} ${total}${budget} Contract: \`${contract.file}\`.`,
      '',
      '| claim | type | meaning | when | example | largest, bytes | set by |',
      '| --- | --- | --- | --- | --- | ---: | --- |',
      ...rows,
      '',
    ].join('\n')
  })
  return `# Claims\n\n<!-- Written by \`claims docs\`. Do not edit. -->\n\n${pages.join('\n')}`
}

function typeText(schema: JsonSchema): string {
  if (typeof schema === 'boolean') return 'any'
  if ('const' in schema) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ')
  const { type, maxLength, maxItems, items, minimum, maximum } = schema
  const parts = [type === undefined ? 'see the contract' : [type].flat().join(' or ')]
  if (typeof items === 'object') parts.push(`of ${typeText(items)}`)
  if (maxItems !== undefined) parts.push(`(at most ${maxItems})`)
  if (maxLength !== undefined) parts.push(`(at most ${maxLength} characters)`)
  if (minimum !== undefined || maximum !== undefined) parts.push(`(${minimum ?? '…'} to ${maximum ?? '…'})`)
  return parts.join(' ')
}

function example(contract: Contract, claim: string, schema: JsonSchema): string {
  const value = candidates(schema, contract.schema).find(
    (candidate) => !contract.validate({ [claim]: candidate }).some((fault) => fault.claim === claim),
  )
  return value === undefined ? '' : `\`${JSON.stringify(value)}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')
}
