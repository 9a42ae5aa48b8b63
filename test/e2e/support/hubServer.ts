import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Transform } from "node:stream";

export interface HubServer {
  readonly endpoint: string;
  /** The `Range` header of each request for the file, undefined where there was none. */
  readonly ranges: (string | undefined)[];
  close(): Promise<void>;
}

export interface HubBehaviour {
  readonly file: string;
  /** The first connection is cut after so many bytes. */
  readonly cutAfter?: number;
  /** The byte at this offset is served wrong. */
  readonly wrongByteAt?: number;
}

/** A model hub on the loopback interface that serves one file, with ranges, for any path. */
export async function startHub({ file, cutAfter, wrongByteAt }: HubBehaviour): Promise<HubServer> {
  const { size } = await stat(file);
  const ranges: (string | undefined)[] = [];
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const { range } = request.headers;
    const start = Number(/^bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
    response.writeHead(range === undefined ? 200 : 206, {
      "content-length": size - start,
      "accept-ranges": "bytes",
      etag: '"one-and-only"',
      ...(range === undefined ? {} : { "content-range": `bytes ${start}-${size - 1}/${size}` }),
    });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    ranges.push(range);
    const isCut = ranges.length === 1 && cutAfter !== undefined;
    const end = isCut ? cutAfter - 1 : size - 1;
    const bytes = createReadStream(file, { start, end });
    bytes.once("end", () => {
      if (isCut) request.socket.destroy();
    });
    bytes.pipe(flipByte(start, wrongByteAt)).pipe(response);
  };
  const server = createServer(serve);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    ranges,
    close: () =>
      new Promise((closed) => {
        server.closeAllConnections();
        server.close(() => closed());
      }),
  };
}

function flipByte(start: number, at: number | undefined): Transform {
  let offset = start;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const index = at === undefined ? -1 : at - offset;
      offset += chunk.length;
      if (index < 0 || index >= chunk.length) return done(null, chunk);
      const changed = Buffer.from(chunk);
      changed[index] = (changed[index] ?? 0) ^ 0xff;
      done(null, changed);
    },
  });
}
