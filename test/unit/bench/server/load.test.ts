import assert from "node:assert/strict";
import fc from "fast-check";
import { runUser, type Sample } from "../../../../bench/server/load.ts";
import { loadReport, reportText } from "../../../../bench/server/loadReport.ts";
import { countsBetween, serverCounts } from "../../../../bench/server/serverCounts.ts";
import { seeded, typingSession } from "../../../../bench/server/typingSession.ts";
import { percentiles, type Wait } from "../../../../bench/server/waits.ts";
import type { CompletionEvent, ModelClient } from "../../../../src/model/modelClient.ts";
import { ModelError } from "../../../../src/model/modelErrors.ts";

const source = { path: "a.ts", text: "const value = compute(1, 2);\n".repeat(400) };

describe("load test of a server", () => {
  it("types the same session for the same seed, and asks only in pauses", () => {
    fc.assert(
      fc.property(fc.nat(10_000), (seed) => {
        const session = typingSession([source], 20, seeded(seed));
        assert.deepEqual(typingSession([source], 20, seeded(seed)), session);
        let before = 0;
        for (const { atMs, withdrawnAtMs, prefix, suffix } of session) {
          assert.ok(atMs >= before && withdrawnAtMs > atMs);
          before = withdrawnAtMs;
          assert.ok(source.text.includes(prefix) && source.text.includes(suffix));
        }
      }),
    );
    assert.ok(typingSession([source], 20, seeded(1)).length > 10);
    assert.deepEqual(typingSession([], 20, seeded(1)), []);
  });

  it("asks with prompts of which a server has most in its cache already", () => {
    for (let seed = 0; seed < 20; seed++) {
      const session = typingSession([source], 60, seeded(seed));
      const goesOn = session.filter(({ prefix }, at) => prefix.startsWith(session[at - 1]?.prefix ?? "-"));
      assert.ok(goesOn.length > 0.9 * session.length, `${goesOn.length} of ${session.length}`);
    }
  });

  it("withdraws a request when the next key comes, and counts how each one ended", async () => {
    let asked = 0;
    const model: Pick<ModelClient, "complete"> = {
      async *complete(_, signal): AsyncGenerator<CompletionEvent> {
        asked++;
        if (asked === 2) throw new ModelError("rate-limited", "m", "h");
        yield { type: "delta", candidate: 0, text: "x" };
        if (asked === 3) await new Promise((resolve) => signal.addEventListener("abort", resolve));
        const finishReason = signal.aborted ? "cancelled" : "stop";
        yield {
          type: "done",
          finishReason,
          usage: { promptTokens: 10, cachedPromptTokens: 4, completionTokens: 3 },
        };
      },
    };
    const asks = [0, 1, 2, 3].map((at) => ({
      atMs: at * 5,
      withdrawnAtMs: at === 3 ? 0 : at * 5 + 300,
      path: "a.ts",
      prefix: "a",
      suffix: "b",
    }));
    const samples: Sample[] = [];
    let missed = 0;
    await runUser(model as ModelClient, asks, performance.now(), {
      user: 7,
      maxTokens: 4,
      onSample: (sample) => void samples.push(sample),
      onMissed: () => void missed++,
    });
    assert.equal(missed, 1);
    assert.deepEqual(
      samples.map(({ end }) => end),
      ["answered", "failed", "withdrawn"],
    );
    const report = loadReport(samples, missed, 1, 2, {
      server: { generatedTokens: 5, withdrawnWaiting: 2, pending: 0 },
      memory: { before: 900.4, most: 1000, after: 950 },
    });
    assert.deepEqual(report.served, { least: 2, median: 2, most: 2 });
    assert.deepEqual(report.failed, { "rate-limited": 1 });
    assert.equal(report.tokensPerSecond, 3);
    assert.equal(report.cacheReuse, 0.4);
    assert.match(
      reportText(report),
      /3 requests[\s\S]*withdrawn 1 \(33\.3 %\), failed rate-limited 1[\s\S]*missed {5}1[\s\S]*2 to 2 first texts[\s\S]*5 generated, 2 requests withdrawn before[\s\S]*0 still there[\s\S]*900 MB before, 1000 MB at most/,
    );
  });

  it("reads what servers count, and how far it grew", () => {
    const engine = (evaluated: number): string => `# TYPE wisp_prompt_tokens_total counter
wisp_prompt_tokens_total ${evaluated}
wisp_requests_pending 3
wisp_requests_ended_total{outcome="finished"} 9
wisp_requests_ended_total{outcome="withdrawn_waiting"} 4
`;
    assert.deepEqual(countsBetween(serverCounts(engine(5)), serverCounts(engine(12))), {
      promptTokens: 7,
      pending: 3,
      withdrawnWaiting: 0,
    });
    assert.deepEqual(
      serverCounts(
        "llamacpp:requests_processing 1\nllamacpp:requests_deferred 2\nllamacpp:n_decode_total 8\n",
      ),
      { pending: 3 },
    );
    assert.deepEqual(serverCounts('vllm:generation_tokens_total{model_name="coder",engine="0"} 1.5e+03\n'), {
      generatedTokens: 1500,
    });
    const labels = '{model_name="coder"}';
    const prompts = `vllm:prompt_tokens_total${labels} 600.0\n`;
    assert.deepEqual(serverCounts(`${prompts}vllm:prefix_cache_hits_total${labels} 450.0\n`), {
      promptTokens: 150,
      cachedTokens: 450,
    });
    assert.deepEqual(serverCounts(prompts), {});
  });

  const came = (ms: number): Wait => ({ ms, isCutOff: false });
  const cutOff = (ms: number): Wait => ({ ms, isCutOff: true });
  const times = (count: number, wait: Wait): Wait[] => Array.from({ length: count }, () => wait);

  it("takes percentiles by the nearest rank", () => {
    const hundred = Array.from({ length: 100 }, (_, at) => came(100 - at));
    assert.deepEqual(percentiles(hundred), { p50: 50, p90: 90, p99: 99 });
    assert.deepEqual(percentiles([came(7)]), { p50: 7, p90: 7, p99: 7 });
    assert.equal(percentiles([]), undefined);
  });

  it("counts a wait that was cut off as one that would have taken longer", () => {
    assert.deepEqual(percentiles([...times(50, came(100)), ...times(50, cutOff(1000))]), { p50: 100 });
    assert.deepEqual(percentiles([...times(10, came(100)), ...times(90, cutOff(100))]), {});
    // Who went away before says nothing of how long those waited who stayed.
    assert.deepEqual(percentiles([...times(90, cutOff(50)), ...times(10, came(100))]), {
      p50: 100,
      p90: 100,
      p99: 100,
    });
    assert.equal(percentiles(times(3, cutOff(10))), undefined);
  });

  it("tells of a server that few waited for that it is slow", () => {
    const sample = { user: 1, pieces: 0, usage: {} };
    const samples: Sample[] = [
      ...times(5, came(400)).map(({ ms }) => ({
        ...sample,
        end: "answered" as const,
        firstTextMs: ms,
        totalMs: 500,
      })),
      ...times(95, cutOff(450)).map(({ ms }) => ({ ...sample, end: "withdrawn" as const, totalMs: ms })),
    ];
    const failures = times(200, came(1)).map(() => ({ ...sample, end: "failed" as const, totalMs: 1 }));
    const report = loadReport(samples, 0, 1, 1);
    assert.deepEqual(report.firstTextMs, {});
    assert.deepEqual(loadReport([...samples, ...failures], 0, 1, 1).firstTextMs, {}, "a failure is no wait");
    assert.match(
      reportText(report),
      /seen by 5 \(5\.0 %\)[\s\S]*first text p50 longer than anybody waited, p90 longer/,
    );
  });
});
