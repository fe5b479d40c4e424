/* A client whose types are generated from /openapi.json. It is compiled, not run. Where
 * an error is expected there must be one, or the types would allow anything. */
import type { components, paths } from "./schema";

type Get<P extends keyof paths> = paths[P]["get"];
type Body<O> = O extends { responses: { 200: { content: { "application/json": infer B } } } } ? B : never;
type Headers200<O> = O extends { responses: { 200: { headers: infer H } } } ? H : never;
type Query<O> = O extends { parameters: { query?: infer Q } } ? Q : never;
type Path<O> = O extends { parameters: { path: infer P } } ? P : Record<string, never>;

const STATISTICS = "/model_references/statistics/{model_category_name}";
const RISK = `${STATISTICS}/deletion-risk` as const;
const AUDIT = `${STATISTICS}/audit` as const;
const WITH_STATS = `${STATISTICS}/with-stats` as const;

export class Client {
	constructor(private readonly base: string) {}

	async get<P extends keyof paths>(path: P, names: Path<Get<P>>, query?: Query<Get<P>>): Promise<Body<Get<P>>> {
		const place = path.replace(/\{(\w+)\}/g, (_, name) => String((names as Record<string, unknown>)[name]));
		const url = new URL(this.base + place);
		for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, String(value));
		const response = await fetch(url);
		if (!response.ok) throw new Error(`${url}: ${response.status}`);
		return (await response.json()) as Body<Get<P>>;
	}
}

export async function candidates(client: Client): Promise<string[]> {
	const text = { model_category_name: "text_generation" } as const;
	const risk = await client.get(RISK, text, { preset: "critical", group_text_models: true, limit: 5, offset: 0 });
	const total: number = risk.total_count + risk.summary.models_at_risk;
	const limit: number | null = risk.limit;
	// @ts-expect-error: it may be null
	const certain: number = risk.limit;
	// @ts-expect-error: there is no such field
	risk.models.map((model) => model.nonsense);
	// @ts-expect-error: there is no such category
	await client.get(RISK, { model_category_name: "nonsense" });
	// @ts-expect-error: there is no such preset
	await client.get(RISK, text, { preset: "nonsense" });
	// @ts-expect-error: there is no such path
	await client.get("/nonsense", {});
	const old: typeof risk = await client.get(AUDIT, text, { preset: "critical" });
	return [...risk.models, ...old.models]
		.filter((model) => model.at_risk && model.deletion_risk_flags.low_usage && model.usage_month < 10)
		.map((model) => `${model.name}: ${model.risk_score} of ${total} (${limit ?? "all"}, ${certain})`);
}

export async function workers(client: Client): Promise<Map<string, number>> {
	const image = { model_category_name: "image_generation" } as const;
	const models = await client.get(WITH_STATS, image, { include_workers: true, sort_by: "usage_month", min_worker_count: 1 });
	return new Map(Object.entries(models).map(([name, model]) => [name, model.worker_count]));
}

export async function overview(client: Client): Promise<string> {
	const categories: components["schemas"]["Category"][] = ["image_generation", "lora", "ti", "video_generation"];
	const lines: string[] = [];
	for (const category of categories) {
		const statistics = await client.get(STATISTICS, { model_category_name: category });
		lines.push(`${category}: ${statistics.total_models}, ${statistics.top_tags.map((tag) => tag.tag).join()}`);
	}
	const beat = await client.get("/heartbeat", {});
	const mode = await client.get("/replicate_mode", {});
	const wait: number | null = beat.ai_horde.seconds_until_retry;
	return [...lines, mode.replicate_mode, String(mode.writable), String(wait)].join("\n");
}

export function validators(headers: Headers200<Get<typeof RISK>>): string {
	const age: number = headers.Age;
	// @ts-expect-error: a number
	const text: string = headers.Age;
	return `${headers.ETag} ${headers["Surrogate-Key"]} ${age} ${text} ${headers["Access-Control-Expose-Headers"] ?? ""}`;
}
