/**
 * What a cache makes of status codes (RFC 9110 §15, RFC 9111 §3, §4.2.2).
 *
 * @module
 */

// RFC 9110 §15.1.
const HEURISTICALLY_CACHEABLE: ReadonlySet<number> = new Set([
  200,
  203,
  204,
  206,
  300,
  301,
  308,
  404,
  405,
  410,
  414,
  501,
]);

// The final codes of RFC 9110 §15: those whose meaning for caches is implemented here.
const UNDERSTOOD: ReadonlySet<number> = new Set([
  200,
  201,
  202,
  203,
  204,
  205,
  206,
  300,
  301,
  302,
  303,
  304,
  305,
  307,
  308,
  ...[400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417],
  ...[421, 422, 426, 500, 501, 502, 503, 504, 505],
]);

// These answer one request: its conditions, its range, its length, its credentials, its connection. Under the URI alone
// they would be given to others.
const OF_ONE_REQUEST: ReadonlySet<number> = new Set([
  304,
  ...[407, 408, 411, 412, 413, 416, 417, 421, 425, 426, 428, 429, 431, 511],
]);

/** Whether a status says something about the request that it answers rather than about the resource. */
export function isOfOneRequest(status: number): boolean {
  return OF_ONE_REQUEST.has(status);
}

/** Whether a response with this status may be fresh though it says nothing of freshness (RFC 9111 §4.2.2). */
export function isHeuristicallyCacheable(status: number): boolean {
  return HEURISTICALLY_CACHEABLE.has(status);
}

/** Whether what this status asks of caches is implemented here (RFC 9111 §5.2.2.3). */
export function isUnderstood(status: number): boolean {
  return UNDERSTOOD.has(status);
}

/** Whether this status of an origin counts as an error that a stale response may stand in for (RFC 5861 §4). */
export function isServerError(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}
