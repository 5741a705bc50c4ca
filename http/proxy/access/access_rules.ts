/**
 * Where a forward proxy may go, in this order: a deny rule that names the host as asked, or its address, refuses; if
 * there are allow rules, one of them has to name host or address; and an address that is refused by default needs an
 * allow rule that names just that name, or the address.
 *
 * @module
 */

import { formatAddress } from "../../../net/address.ts";
import { type Host, parseHost } from "../../../net/host.ts";
import { carriedIpv4, formatIp, type IpAddress } from "../../../net/ip_address.ts";
import { deniedClassOf } from "./default_denied.ts";
import { type AccessRule, isAboutPort, namesAddress, namesHost, parseAccessRule } from "./rule.ts";

/** What {@linkcode AccessRules} are made of. */
export interface AccessRulesOptions {
  /** Rules that allow. */
  readonly allow: readonly string[];
  /** Rules that refuse. */
  readonly deny: readonly string[];
  /** Whether others than this machine can reach the proxy. */
  readonly beyondLoopback: boolean;
}

/** Why a request is refused: in a sentence that tells a client nothing of addresses that it did not name itself. */
export type Refusal = string;

/** Targets whose verdict is remembered. */
const MAX_REMEMBERED = 1000;

/** The rules of one proxy. */
export class AccessRules {
  readonly #allow: readonly AccessRule[];
  readonly #deny: readonly AccessRule[];
  readonly #beyondLoopback: boolean;
  readonly #verdicts = new Map<string, Refusal | null>();

  /**
   * Reads the rules.
   *
   * @throws {RangeError} If one is wrong; see {@linkcode parseAccessRule}.
   */
  constructor(options: AccessRulesOptions) {
    this.#allow = options.allow.map(parseAccessRule);
    this.#deny = options.deny.map(parseAccessRule);
    this.#beyondLoopback = options.beyondLoopback;
  }

  /**
   * Judges a target by what a request says of it. What depends on the addresses of a name is left to
   * {@linkcode AccessRules.judgeAddress}.
   *
   * @param hostname Name or address, an IPv6 address without brackets.
   * @returns Why it is refused, or `null`.
   * @throws {RangeError} If it is no host.
   */
  judgeTarget(hostname: string, port: number): Refusal | null {
    const key = `${hostname}:${port}`;
    let verdict = this.#verdicts.get(key);
    if (verdict === undefined) {
      const host = parseHost(hostname);
      verdict = host.ip !== null
        ? this.judgeAddress(host, port, host.ip)
        : this.#judgeName(host, port);
      if (this.#verdicts.size >= MAX_REMEMBERED) this.#verdicts.clear();
      this.#verdicts.set(key, verdict);
    }
    return verdict;
  }

  #judgeName(host: Host, port: number): Refusal | null {
    const about = (rule: AccessRule): boolean => isAboutPort(rule, port);
    const denying = this.#deny.find((rule) => about(rule) && namesHost(rule, host));
    if (denying !== undefined) return deniedBy(denying, host, port);
    const mayPass = this.#allow.length === 0 ||
      this.#allow.some((rule) => about(rule) && (rule.range !== null || namesHost(rule, host)));
    return mayPass ? null : notAllowed(host, port);
  }

  /**
   * Judges one of a host's addresses.
   *
   * @param host The host as it was asked for.
   * @param ip The address that would be connected to.
   * @returns Why it is refused, or `null`.
   */
  judgeAddress(host: Host, port: number, ip: IpAddress): Refusal | null {
    const carried = carriedIpv4(ip);
    const ips = carried === null ? [ip] : [ip, carried];
    const names = (rule: AccessRule): boolean =>
      isAboutPort(rule, port) &&
      (namesHost(rule, host) || ips.some((one) => namesAddress(rule, one)));
    const denying = this.#deny.find(names);
    if (denying !== undefined) return deniedBy(denying, host, port);
    if (this.#allow.length > 0 && !this.#allow.some(names)) return notAllowed(host, port);
    for (const one of ips) {
      const denied = deniedClassOf(one, this.#beyondLoopback);
      // Whoever allows `*` thinks of hosts out there, not of this one.
      const lifted = denied === null ||
        this.#allow.some((rule) =>
          isAboutPort(rule, port) && !rule.any &&
          (namesAddress(rule, one) || (rule.name !== null && namesHost(rule, host)))
        );
      if (lifted) continue;
      return `${targetText(host, port)} ${
        host.ip === null ? "leads to" : "is"
      } ${denied.name}, which is refused${
        denied.always ? "" : " where the proxy listens to other machines"
      } unless allowed; --allow-host ${hostText(host)} allows it`;
    }
    return null;
  }
}

function deniedBy(rule: AccessRule, host: Host, port: number): Refusal {
  const target = targetText(host, port);
  // A rule on addresses would tell which ones a name leads to.
  return host.ip === null && !namesHost(rule, host)
    ? `${target} leads to an address that a --deny-host rule refuses, and no other option allows`
    : `${target} is refused by --deny-host ${rule.text}, and no other option allows it`;
}

function notAllowed(host: Host, port: number): Refusal {
  return `${targetText(host, port)} is not among what --allow-host allows; --allow-host ${
    hostText(host)
  } would allow it`;
}

function hostText(host: Host): string {
  return host.ip === null ? host.name : formatIp(host.ip);
}

function targetText(host: Host, port: number): string {
  return formatAddress({ hostname: hostText(host), port });
}
