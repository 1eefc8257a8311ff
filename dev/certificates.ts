/** Certificate authorities of the dev environment: each can vouch for the names that it was made for, and for nothing else. */
import { webcrypto } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
// @peculiar/x509 does not start without it.
import "reflect-metadata";
import { AsnConvert } from "@peculiar/asn1-schema";
import { GeneralName, GeneralSubtree, GeneralSubtrees, NameConstraints } from "@peculiar/asn1-x509";
import * as x509 from "@peculiar/x509";
import { writeFileAtomic } from "../lib/atomic-file.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY = 86_400_000;
const NAME_CONSTRAINTS = "2.5.29.30";

/** Paths of PEM files. */
export interface CertificateFiles {
  /** The authority's certificate: what a client is told to trust. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** What an authority is made for. */
export interface Authority {
  /** Who it is, for a person who finds it in a store. */
  readonly name: string;
  /** Hosts of its one server certificate, and all that it may ever vouch for. At least one. */
  readonly hosts: readonly [string, ...string[]];
}

/**
 * Makes the authority once, and its server certificate once a year.
 * @param folder absolute, private; the authority's key stays in it
 */
export async function ensureCertificates(folder: string, authority: Authority): Promise<CertificateFiles> {
  const files = {
    authority: join(folder, "ca.pem"),
    certificate: join(folder, "server.pem"),
    key: join(folder, "server-key.pem"),
  };
  const authorityKey = join(folder, "ca-key.pem");
  // A key is written before its certificate: where there is a certificate, there is its key.
  if (!existsSync(files.authority)) await makeAuthority(authority, files.authority, authorityKey);
  if (!isFresh(files.certificate)) await makeServer(authority, files, authorityKey);
  return files;
}

function isFresh(path: string): boolean {
  if (!existsSync(path)) return false;
  const { notAfter } = new x509.X509Certificate(readFileSync(path, "utf8"));
  return notAfter.getTime() - Date.now() > 30 * DAY;
}

async function makeAuthority({ name, hosts }: Authority, path: string, keyPath: string): Promise<void> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + 3650 * DAY),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.Extension(NAME_CONSTRAINTS, true, AsnConvert.serialize(nameConstraints(hosts))),
    ],
  });
  await writeFileAtomic(keyPath, await privateKeyPem(keys.privateKey), { mode: 0o600 });
  await writeFileAtomic(path, `${certificate.toString("pem")}\n`, { mode: 0o644 });
}

/**
 * These hosts, and no address at all. The CLI's TLS library cannot check constraints on addresses, and refuses
 * certificates that list one under an authority which has such constraints; the server's lists names only.
 */
function nameConstraints(hosts: readonly string[]): NameConstraints {
  const subtree = (name: Partial<GeneralName>) => new GeneralSubtree({ base: new GeneralName(name) });
  return new NameConstraints({
    permittedSubtrees: new GeneralSubtrees(hosts.map((dNSName) => subtree({ dNSName }))),
    excludedSubtrees: new GeneralSubtrees(["0.0.0.0/0", "::/0"].map((iPAddress) => subtree({ iPAddress }))),
  });
}

async function makeServer(
  { hosts }: Authority,
  files: CertificateFiles,
  authorityKeyPath: string,
): Promise<void> {
  const authority = new x509.X509Certificate(readFileSync(files.authority, "utf8"));
  const signingKey = await importKey(readFileSync(authorityKeyPath, "utf8"));
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${hosts[0]}`,
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + 365 * DAY),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: "dns", value }))),
    ],
  });
  await writeFileAtomic(files.key, await privateKeyPem(keys.privateKey), { mode: 0o600 });
  await writeFileAtomic(files.certificate, `${certificate.toString("pem")}\n`, { mode: 0o644 });
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  if (!der) throw new Error("The authority's key file holds no key.");
  return webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
}
