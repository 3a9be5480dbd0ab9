import { readFile } from 'node:fs/promises'
import { type Contract, readContracts } from '../contract/index.ts'
import { type TokenKind, tokenName } from '../finding.ts'
import { contractFor, contractViolations } from '../prove/index.ts'
import type { Simulation } from '../simulator/index.ts'
import type { Workspace } from '../workspace/index.ts'

/** Whether one token keeps the contract that there is for it. */
export interface ContractVerdict {
  token: TokenKind
  /** Title of the contract. */
  contract: string
  /** The contract's file, relative to the workspace. */
  schema: string
  verdict: 'kept' | 'broken'
  faults: ContractFault[]
}

interface ContractFault {
  claim?: string
  /** One sentence, without the value. */
  message: string
  /** Where an Action wrote the claim, if one did. */
  file?: string
  line?: number
  column?: number
}

/** The contracts of a workspace. @throws ToolkitError `ERR_CONTRACT` with the place of what is wrong in one */
export function contractsOf({ contractFiles, root }: Workspace): Promise<Contract[]> {
  return readContracts(contractFiles, (file) => readFile(file, 'utf8'), { root })
}

/** One verdict for each token that there is and has a contract; none where the application gets no tokens. */
export function contractVerdicts(
  { tokens, context, pipeline }: Simulation,
  contracts: readonly Contract[],
): ContractVerdict[] {
  if (context === undefined || pipeline.outcome !== 'allowed' || tokens.failure !== undefined) return []
  return (['id_token', 'access_token'] as const).flatMap((token) => {
    const contract = contractFor(token, context.api?.identifier, contracts)
    if (contract === undefined) return []
    if ((token === 'id_token' ? tokens.idToken : tokens.accessToken) === undefined) return []
    const faults = contractViolations({ tokens, context }, token, [contract]).map(
      ({ claim, message, at }): ContractFault => ({
        ...(claim !== undefined && { claim }),
        message,
        ...at,
      }),
    )
    const verdict = faults.length === 0 ? 'kept' : 'broken'
    return [{ token, contract: contract.title, schema: contract.file, verdict, faults }]
  })
}

export function verdictLines(verdicts: readonly ContractVerdict[]): string[] {
  return verdicts.flatMap(({ token, contract, schema, verdict, faults }) => [
    `${contract} (${tokenName(token)}, ${schema}) ${verdict}`,
    ...faults.map(({ message, file, line, column }) =>
      file === undefined ? `  ${message}` : `  ${file}:${line}:${column} ${message}`,
    ),
  ])
}
