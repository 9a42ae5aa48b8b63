import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";

/** A loopback server with a certificate of its own making that nobody trusts. */
export class FakeTlsServer implements AsyncDisposable {
  /** Requests that came through the handshake, with their headers. */
  readonly requests: Readonly<Record<string, unknown>>[] = [];
  readonly #server: Server;

  private constructor(notBefore: Date, notAfter: Date) {
    this.#server = createServer(selfSigned(notBefore, notAfter), (request, response) => {
      this.requests.push(request.headers);
      response.end("{}");
    });
  }

  static async start(validFrom: Date, validTo: Date): Promise<FakeTlsServer> {
    const fake = new FakeTlsServer(validFrom, validTo);
    fake.#server.listen(0, "127.0.0.1");
    await once(fake.#server, "listening");
    return fake;
  }

  get baseUrl(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** A self-signed certificate for localhost (RFC 5280, DER), made for one run so that no key lies in the repository. */
export function selfSigned(notBefore: Date, notAfter: Date): { readonly key: string; readonly cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ecdsaWithSha256 = sequence(Buffer.from("06082a8648ce3d040302", "hex"));
  const name = sequence(
    element(0x31, sequence(Buffer.from("0603550403", "hex"), element(0x0c, Buffer.from("localhost")))),
  );
  const body = sequence(
    element(0xa0, Buffer.from("020102", "hex")),
    Buffer.from("020101", "hex"),
    ecdsaWithSha256,
    name,
    sequence(time(notBefore), time(notAfter)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = element(0x03, Buffer.concat([Buffer.of(0), sign("sha256", body, privateKey)]));
  const der = sequence(body, ecdsaWithSha256, signature).toString("base64");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${der.match(/.{1,64}/g)?.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 128
      ? Buffer.of(length)
      : length < 256
        ? Buffer.of(0x81, length)
        : Buffer.of(0x82, length >> 8, length & 255);
  return Buffer.concat([Buffer.of(tag), size, content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function time(date: Date): Buffer {
  const text = `${date.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
  return element(0x18, Buffer.from(text));
}
