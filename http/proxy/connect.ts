/**
 * CONNECT: a tunnel to the host and port that a client names (RFC 9110 §9.3.6).
 *
 * @module
 */

import { HalfwayError } from "../../net/errors.ts";
import { AccessDeniedError, refuse } from "./access/refusal.ts";
import { writeOwnAnswer } from "./answers.ts";
import { HttpSyntaxError } from "../message/errors.ts";
import type { OriginConnection } from "./origin_pool.ts";
import type { ProxyContext } from "./proxy_context.ts";
import type { Session } from "./session.ts";
import { readTarget } from "../message/target.ts";
import { runTunnel } from "./tunnel.ts";

/** Answers CONNECT. What the client has sent behind its head already goes to the origin first. */
export async function answerConnect(context: ProxyContext, session: Session): Promise<void> {
  const { forward, pool } = context;
  if (forward === null) {
    // It stands in front of servers, and what would go through a tunnel is none of theirs.
    session.keepAlive = false;
    writeOwnAnswer(session, 501, "this proxy makes no tunnels: it stands in front of servers");
    return;
  }
  // Whether it goes to the origin or is thrown away: two readers could take it for two things.
  if (session.hasBody) throw new HttpSyntaxError(400, "Expected no body with CONNECT");
  const { host, port } = readTarget(session.head);
  const address = { hostname: host.startsWith("[") ? host.slice(1, -1) : host, port };
  if (forward.refuses(session, address)) return;
  let origin: OriginConnection;
  try {
    origin = await pool.open(address);
  } catch (error) {
    // What the client has sent meanwhile was meant for the origin, and is no request to us.
    session.keepAlive = false;
    if (error instanceof AccessDeniedError) refuse(session, error.message, error.addresses);
    else {
      const late = error instanceof HalfwayError && error.code === "TIMEOUT";
      writeOwnAnswer(
        session,
        late ? 504 : 502,
        error instanceof Error ? error.message : `${error}`,
      );
    }
    return;
  }
  session.out.statusLine(200);
  session.out.endLine();
  await runTunnel(context, session, origin, `CONNECT ${session.head.target}`);
}
