import assert from "node:assert/strict";
import { defaultSystemPrompt } from "../../../src/engine/chatTemplate.ts";

describe("a chat template's default system prompt", () => {
  it("is found in the form of Qwen2.5", () => {
    const template = String.raw`{%- if messages[0]['role'] == 'system' %}
      {{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}
    {%- else %}
      {{- '<|im_start|>system\nYou are Qwen. You help.<|im_end|>\n' }}
    {%- endif %}`;
    assert.equal(defaultSystemPrompt(template), "You are Qwen. You help.");
  });

  it("is none where the template has only what the chat brings, or where there is no template", () => {
    const template = String.raw`{{- '<|im_start|>system\n' + messages[0].content + '<|im_end|>\n' }}`;
    assert.equal(defaultSystemPrompt(template), undefined);
    assert.equal(defaultSystemPrompt(undefined), undefined);
  });
});
