// The request of a try-out: a real one, as small as what was ticked allows, in its client's own format.

const BYTES_PER_TOKEN = 3.9; // as aimux guesses
const MOST_TOKENS = 2_000_000;
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=";
const SCHEMA = { type: "object", properties: {} };
const FORMATS = { codex: "openai-responses", "gemini-cli": "gemini" };

/** A ScriptShape of what was typed: {model, tokens, client, thinking, images, tools}. */
export function requestOf(wish) {
  const format = FORMATS[wish.client] ?? "anthropic";
  const tokens = Math.min(MOST_TOKENS, Number(String(wish.tokens ?? "").replaceAll("_", "")) || 0);
  const text = "word ".repeat(Math.max(1, Math.round((tokens * BYTES_PER_TOKEN) / 5)));
  const body = MAKERS[format]({ ...wish, model: wish.model.trim() }, text);
  return {
    format,
    request: JSON.stringify(body),
    model: format === "gemini" ? wish.model.trim() : null,
    stream: true,
    headers: {},
    client: wish.client || null,
    minute_of_week: null,
  };
}

const MAKERS = {
  anthropic(wish, text) {
    const content = [{ type: "text", text }];
    if (wish.images) content.push({ type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } });
    const body = { model: wish.model, max_tokens: 32_000, stream: true, messages: [{ role: "user", content }] };
    if (wish.tools) body.tools = [{ name: "read", input_schema: SCHEMA }];
    if (wish.thinking === "off") body.thinking = { type: "disabled" };
    else if (wish.thinking) body.thinking = { type: "adaptive" };
    if (wish.thinking && !["off", "on"].includes(wish.thinking)) body.output_config = { effort: wish.thinking };
    return body;
  },
  "openai-responses"(wish, text) {
    const content = [{ type: "input_text", text }];
    if (wish.images) content.push({ type: "input_image", image_url: `data:image/png;base64,${PIXEL}` });
    const body = { model: wish.model, stream: true, input: [{ type: "message", role: "user", content }] };
    if (wish.tools) body.tools = [{ type: "function", name: "read", parameters: SCHEMA }];
    if (wish.thinking) body.reasoning = { effort: effortOf(wish.thinking) };
    return body;
  },
  gemini(wish, text) {
    const parts = [{ text }];
    if (wish.images) parts.push({ inlineData: { mimeType: "image/png", data: PIXEL } });
    const body = { contents: [{ role: "user", parts }] };
    if (wish.tools) body.tools = [{ functionDeclarations: [{ name: "read", parametersJsonSchema: SCHEMA }] }];
    if (wish.thinking === "off") body.generationConfig = { thinkingConfig: { thinkingBudget: 0 } };
    else if (wish.thinking) body.generationConfig = { thinkingConfig: THINKING[wish.thinking] ?? { thinkingLevel: wish.thinking.toUpperCase() } };
    return body;
  },
};

const effortOf = (thinking) => ({ off: "none", on: "medium" })[thinking] ?? thinking;
const THINKING = { on: { thinkingBudget: -1 }, max: { thinkingBudget: 1_000_000 } };
