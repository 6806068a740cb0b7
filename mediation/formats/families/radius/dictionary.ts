/**
 * Names of RADIUS attributes, as FreeRADIUS writes them: RFC 2865, 2866, 2869, 3162, 4372 and 5176, and of the vendors whose
 * attributes say something about usage. Numbers are facts of the RFCs and of the vendors' documents.
 */

/** How a value is written: `text` as it stands, `octets` as 0x and hexadecimal digits, the others as FreeRADIUS does. */
export type Kind = 'text' | 'octets' | 'integer' | 'address' | 'address6' | 'prefix6';

export interface AttributeEntry {
  /** Vendor number, 0 for the RFCs' own. */
  vendor: number;
  type: number;
  kind: Kind;
  /** Names of values. */
  values?: Readonly<Record<number, string>>;
}

const STATUS_TYPES = {
  1: 'Start',
  2: 'Stop',
  3: 'Interim-Update',
  7: 'Accounting-On',
  8: 'Accounting-Off',
  15: 'Failed',
};

const TERMINATE_CAUSES = {
  1: 'User-Request',
  2: 'Lost-Carrier',
  3: 'Lost-Service',
  4: 'Idle-Timeout',
  5: 'Session-Timeout',
  6: 'Admin-Reset',
  7: 'Admin-Reboot',
  8: 'Port-Error',
  9: 'NAS-Error',
  10: 'NAS-Request',
  11: 'NAS-Reboot',
  12: 'Port-Unneeded',
  13: 'Port-Preempted',
  14: 'Port-Suspended',
  15: 'Service-Unavailable',
  16: 'Callback',
  17: 'User-Error',
  18: 'Host-Request',
};

const SERVICE_TYPES = { 1: 'Login-User', 2: 'Framed-User', 5: 'Outbound-User', 8: 'Authenticate-Only' };
const PROTOCOLS = { 1: 'PPP', 2: 'SLIP' };
const AUTHENTIC = { 1: 'RADIUS', 2: 'Local', 3: 'Remote', 4: 'Diameter' };
const PORT_TYPES = {
  0: 'Async',
  5: 'Virtual',
  12: 'ADSL-CAP',
  13: 'ADSL-DMT',
  14: 'IDSL',
  15: 'Ethernet',
  16: 'xDSL',
  17: 'Cable',
  19: 'Wireless-802.11',
  32: 'PPPoA',
  33: 'PPPoEoA',
  34: 'PPPoEoE',
  35: 'PPPoEoVLAN',
  36: 'PPPoEoQinQ',
};

const VENDORS = { cisco: 9, huawei: 2011, ascend: 529, erx: 4874, wispr: 14122, mikrotik: 14988 } as const;

type Row = [name: string, type: number, kind: Kind, values?: Readonly<Record<number, string>>];

const STANDARD: Row[] = [
  ['User-Name', 1, 'text'],
  ['NAS-IP-Address', 4, 'address'],
  ['NAS-Port', 5, 'integer'],
  ['Service-Type', 6, 'integer', SERVICE_TYPES],
  ['Framed-Protocol', 7, 'integer', PROTOCOLS],
  ['Framed-IP-Address', 8, 'address'],
  ['Framed-IP-Netmask', 9, 'address'],
  ['Filter-Id', 11, 'text'],
  ['Framed-MTU', 12, 'integer'],
  ['Framed-Route', 22, 'text'],
  ['Class', 25, 'octets'],
  ['Session-Timeout', 27, 'integer'],
  ['Idle-Timeout', 28, 'integer'],
  ['Called-Station-Id', 30, 'text'],
  ['Calling-Station-Id', 31, 'text'],
  ['NAS-Identifier', 32, 'text'],
  ['Proxy-State', 33, 'octets'],
  ['Acct-Status-Type', 40, 'integer', STATUS_TYPES],
  ['Acct-Delay-Time', 41, 'integer'],
  ['Acct-Input-Octets', 42, 'integer'],
  ['Acct-Output-Octets', 43, 'integer'],
  ['Acct-Session-Id', 44, 'text'],
  ['Acct-Authentic', 45, 'integer', AUTHENTIC],
  ['Acct-Session-Time', 46, 'integer'],
  ['Acct-Input-Packets', 47, 'integer'],
  ['Acct-Output-Packets', 48, 'integer'],
  ['Acct-Terminate-Cause', 49, 'integer', TERMINATE_CAUSES],
  ['Acct-Multi-Session-Id', 50, 'text'],
  ['Acct-Link-Count', 51, 'integer'],
  ['Acct-Input-Gigawords', 52, 'integer'],
  ['Acct-Output-Gigawords', 53, 'integer'],
  ['Event-Timestamp', 55, 'integer'],
  ['NAS-Port-Type', 61, 'integer', PORT_TYPES],
  ['Connect-Info', 77, 'text'],
  ['Acct-Interim-Interval', 85, 'integer'],
  ['NAS-Port-Id', 87, 'text'],
  ['Framed-Pool', 88, 'text'],
  ['Chargeable-User-Identity', 89, 'octets'],
  ['NAS-IPv6-Address', 95, 'address6'],
  ['Framed-IPv6-Prefix', 97, 'prefix6'],
  ['Delegated-IPv6-Prefix', 123, 'prefix6'],
  ['Framed-IPv6-Address', 168, 'address6'],
];

const OF_VENDORS: Record<keyof typeof VENDORS, Row[]> = {
  cisco: [
    ['Cisco-AVPair', 1, 'text'],
    ['Cisco-NAS-Port', 2, 'text'],
    ['Cisco-Call-Type', 19, 'text'],
    ['Cisco-Policy-Up', 37, 'text'],
    ['Cisco-Policy-Down', 38, 'text'],
    ['Cisco-Service-Name', 51, 'text'],
    ['Cisco-Parent-Session-Id', 52, 'text'],
    ['Cisco-Sub-QoS-Pol-In', 55, 'text'],
    ['Cisco-Sub-QoS-Pol-Out', 56, 'text'],
    ['Cisco-DHCP-Subscriber-Id', 65, 'text'],
    ['Cisco-Account-Info', 250, 'text'],
    ['Cisco-Service-Info', 251, 'text'],
    ['Cisco-Control-Info', 253, 'text'],
  ],
  huawei: [
    ['Huawei-Input-Average-Rate', 2, 'integer'],
    ['Huawei-Input-Peak-Rate', 3, 'integer'],
    ['Huawei-Output-Average-Rate', 5, 'integer'],
    ['Huawei-Output-Peak-Rate', 6, 'integer'],
    ['Huawei-In-Kb-Before-T-Switch', 7, 'integer'],
    ['Huawei-Out-Kb-Before-T-Switch', 8, 'integer'],
    ['Huawei-In-Kb-After-T-Switch', 11, 'integer'],
    ['Huawei-Out-Kb-After-T-Switch', 12, 'integer'],
    ['Huawei-Remanent-Volume', 15, 'integer'],
    ['Huawei-Tariff-Switch-Interval', 16, 'integer'],
    ['Huawei-ISP-ID', 17, 'text'],
    ['Huawei-Connect-ID', 26, 'integer'],
    ['Huawei-Qos-Profile-Name', 31, 'text'],
    ['Huawei-Startup-Stamp', 59, 'integer'],
    ['Huawei-IPHost-Addr', 60, 'text'],
    ['Huawei-Accounting-Level', 84, 'integer'],
    ['Huawei-VPN-Instance', 94, 'text'],
    ['Huawei-Acct-Connection-Time', 110, 'integer'],
    ['Huawei-Domain-Name', 138, 'text'],
    ['Huawei-Acct-IPv6-Input-Octets', 144, 'integer'],
    ['Huawei-Acct-IPv6-Output-Octets', 145, 'integer'],
    ['Huawei-Acct-IPv6-Input-Packets', 146, 'integer'],
    ['Huawei-Acct-IPv6-Output-Packets', 147, 'integer'],
    ['Huawei-Acct-IPv6-Input-Gigawords', 148, 'integer'],
    ['Huawei-Acct-IPv6-Output-Gigawords', 149, 'integer'],
    ['Huawei-User-Mac', 153, 'text'],
    ['Huawei-Framed-IPv6-Address', 158, 'address6'],
  ],
  ascend: [
    ['Ascend-Data-Rate', 197, 'integer'],
    ['Ascend-Xmit-Rate', 255, 'integer'],
  ],
  erx: [
    ['ERX-Virtual-Router-Name', 1, 'text'],
    ['ERX-Address-Pool-Name', 2, 'text'],
    ['ERX-Ingress-Policy-Name', 10, 'text'],
    ['ERX-Egress-Policy-Name', 11, 'text'],
    ['ERX-Pppoe-Description', 24, 'text'],
    ['ERX-Qos-Profile-Name', 26, 'text'],
    ['ERX-Service-Bundle', 31, 'text'],
    ['ERX-Input-Gigapkts', 42, 'integer'],
    ['ERX-Output-Gigapkts', 43, 'integer'],
    ['ERX-Service-Description', 53, 'text'],
    ['ERX-Dhcp-Options', 55, 'octets'],
    ['ERX-Dhcp-Mac-Addr', 56, 'text'],
    ['ERX-Interface-Desc', 63, 'text'],
    ['ERX-Service-Session', 83, 'text'],
    ['ERX-Act-Data-Rate-Up', 113, 'integer'],
    ['ERX-Act-Data-Rate-Dn', 114, 'integer'],
    ['ERX-DownStream-Calc-Rate', 141, 'integer'],
    ['ERX-UpStream-Calc-Rate', 142, 'integer'],
    ['ERX-IPv6-Acct-Input-Octets', 151, 'integer'],
    ['ERX-IPv6-Acct-Output-Octets', 152, 'integer'],
    ['ERX-IPv6-Acct-Input-Packets', 153, 'integer'],
    ['ERX-IPv6-Acct-Output-Packets', 154, 'integer'],
    ['ERX-IPv6-Acct-Input-Gigawords', 155, 'integer'],
    ['ERX-IPv6-Acct-Output-Gigawords', 156, 'integer'],
  ],
  wispr: [
    ['WISPr-Location-ID', 1, 'text'],
    ['WISPr-Location-Name', 2, 'text'],
    ['WISPr-Bandwidth-Min-Up', 5, 'integer'],
    ['WISPr-Bandwidth-Min-Down', 6, 'integer'],
    ['WISPr-Bandwidth-Max-Up', 7, 'integer'],
    ['WISPr-Bandwidth-Max-Down', 8, 'integer'],
    ['WISPr-Session-Terminate-Time', 9, 'text'],
    ['WISPr-Session-Terminate-End-Of-Day', 10, 'text'],
    ['WISPr-Billing-Class-Of-Service', 11, 'text'],
  ],
  mikrotik: [
    ['Mikrotik-Recv-Limit', 1, 'integer'],
    ['Mikrotik-Xmit-Limit', 2, 'integer'],
    ['Mikrotik-Group', 3, 'text'],
    ['Mikrotik-Rate-Limit', 8, 'text'],
    ['Mikrotik-Realm', 9, 'text'],
    ['Mikrotik-Host-IP', 10, 'address'],
    ['Mikrotik-Mark-Id', 11, 'text'],
    ['Mikrotik-Recv-Limit-Gigawords', 14, 'integer'],
    ['Mikrotik-Xmit-Limit-Gigawords', 15, 'integer'],
    ['Mikrotik-Total-Limit', 17, 'integer'],
    ['Mikrotik-Total-Limit-Gigawords', 18, 'integer'],
    ['Mikrotik-Address-List', 19, 'text'],
    ['Mikrotik-Wireless-Comment', 21, 'text'],
    ['Mikrotik-Delegated-IPv6-Pool', 22, 'text'],
  ],
};

/** Name → attribute. */
export const DICTIONARY: ReadonlyMap<string, AttributeEntry> = new Map([
  ...STANDARD.map((row) => entry(0, row)),
  ...(Object.keys(VENDORS) as (keyof typeof VENDORS)[]).flatMap((vendor) =>
    OF_VENDORS[vendor].map((row) => entry(VENDORS[vendor], row)),
  ),
]);

function entry(vendor: number, [name, type, kind, values]: Row): [string, AttributeEntry] {
  return [name, { vendor, type, kind, ...(values !== undefined && { values }) }];
}

/** `Attr-<type>` and `Attr-26-<vendor>-<type>`: what no name is known for, as octets. Undefined for what is neither. */
export function unnamedAttribute(name: string): AttributeEntry | undefined {
  const match = /^Attr-(?:26-(\d{1,8})-)?(\d{1,3})$/.exec(name);
  if (match === null || Number(match[2]) > 255) return undefined;
  return { vendor: Number(match[1] ?? 0), type: Number(match[2]), kind: 'octets' };
}
