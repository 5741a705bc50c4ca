/**
 * Answers requests for what the proxy must not reach.
 *
 * @module
 */

import { ConnectError } from "../../../net/errors.ts";
import { writeOwnAnswer } from "../answers.ts";
import type { Session } from "../session.ts";
import { NODE } from "../tell.ts";

/** No connection is made, since none of the addresses of a host is allowed. */
export class AccessDeniedError extends ConnectError {
  /** The addresses, for the log and nobody else. */
  readonly addresses: readonly string[];

  /** Makes the error with a sentence for the client. */
  constructor(message: string, addresses: readonly string[]) {
    super(message);
    this.addresses = addresses;
  }
}

/**
 * Answers 403, and warns of it.
 *
 * @param sentence Why, for the client.
 * @param addresses The addresses that the host turned out to have, for the log.
 */
export function refuse(
  session: Session,
  sentence: string,
  addresses: readonly string[] = [],
): void {
  session.keepAlive = session.keepAlive && !session.hasBody;
  writeOwnAnswer(session, 403, sentence);
  const { head, peer, observer } = session;
  observer.node?.({
    type: "node.warning",
    node: NODE,
    timeMs: Date.now(),
    // The sentence names the target.
    text: `Refused ${head.method} of ${peer.address}${
      addresses.length === 0 ? "" : `, which leads to ${addresses.join(", ")}`
    }: ${sentence}`,
  });
}
