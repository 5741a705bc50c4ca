/**
 * What a proxy tells its client when it could get no answer: the network's error as Python's exception. Spec: calc, 2.6.
 *
 * @module
 */

import { ConnectError, HalfwayError } from "../net/errors.ts";
import { reasonOf } from "../net/network_errors.ts";
import { builtinException, PyException, refusedException, unpackException } from "./errors.ts";

/** What the original says when the server closes without a word: it can't unpack nothing. */
const NOTHING_CAME = "The data is too short (0 bytes) to be a valid header";

/** The exception that stands within `Internal proxy error`. */
export function causeException(error: HalfwayError): PyException {
  const { cause } = error;
  // The last of several attempts says what is the matter.
  if (error instanceof ConnectError && cause instanceof HalfwayError) return causeException(cause);
  switch (error.code) {
    case "CONNECT":
      return connectException(cause ?? error);
    case "TIMEOUT":
      return builtinException("TimeoutError", 110n, "Connection timed out");
    case "CLOSED":
      return cause === undefined
        ? unpackException(NOTHING_CAME)
        : builtinException("ConnectionResetError", 104n, "Connection reset by peer");
    default:
      return unpackException(error.message);
  }
}

function connectException(error: unknown): PyException {
  const reason = reasonOf(error);
  switch (reason) {
    case "connection refused":
      return refusedException();
    case "timed out":
      return builtinException("TimeoutError", 110n, "Connection timed out");
    case "no such host":
      return new PyException("socket", "gaierror", [-2n, "Name or service not known"]);
    case "connection reset":
      return builtinException("ConnectionResetError", 104n, "Connection reset by peer");
    default:
      return builtinException("OSError", reason);
  }
}
