/** A refusal of the Management API, in Auth0's shape. */
export class ManagementError extends Error {
  override readonly name = 'ManagementError'
  readonly statusCode: number
  readonly errorCode: string

  constructor(statusCode: number, message: string, errorCode: string) {
    super(message)
    this.statusCode = statusCode
    this.errorCode = errorCode
  }
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Payload Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
}

/** `{statusCode, error, message, errorCode}` with its status. */
export function errorResponse(
  statusCode: number,
  message: string,
  errorCode: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json(
    { statusCode, error: REASONS[statusCode] ?? 'Error', message, errorCode },
    { status: statusCode, headers },
  )
}

export function badRequest(message: string, errorCode = 'invalid_body'): ManagementError {
  return new ManagementError(400, message, errorCode)
}

export function notFound(what: string, id: string): ManagementError {
  return new ManagementError(404, `The ${what} "${id}" does not exist.`, 'inexistent_resource')
}

/** {@link notFound}, thrown where a value is expected. */
export function missing(what: string, id: string): never {
  throw notFound(what, id)
}

export function conflict(what: string, name: string): ManagementError {
  return new ManagementError(409, `A ${what} with the name "${name}" already exists.`, 'resource_conflict')
}
