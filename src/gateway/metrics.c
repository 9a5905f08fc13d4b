#include "gateway/metrics.h"

#include "base/time.h"
#include "gateway/certificates.h"
#include "gateway/health.h"

static const struct {
	const char *name, *help;
} counters[COUNTER_COUNT] = {
	[COUNT_CONNECTIONS] = {"merlon_connections_total", "connections that callers made"},
	[COUNT_REQUESTS] = {"merlon_requests_total", "requests that callers began"},
	[COUNT_ANSWERED] = {"merlon_answered_total", "exchanges that came to their end"},
	[COUNT_REFUSED] = {"merlon_refused_total", "exchanges that the gateway refused"},
	[COUNT_FAILED] = {"merlon_failed_total", "exchanges that the model's side failed"},
	[COUNT_LEFT] = {"merlon_left_total", "exchanges that the caller left, or that were halted"},
	[COUNT_STREAMS] = {"merlon_streams_total", "answers that came as streams"},
	[COUNT_EVENTS] = {"merlon_stream_events_total", "events of streams"},
	[COUNT_BYTES_IN] = {"merlon_request_bytes_total", "bytes of request bodies"},
	[COUNT_BYTES_OUT] = {"merlon_answer_bytes_total", "bytes of the model's answers"},
	[COUNT_TOKENS_IN] = {"merlon_input_tokens_total", "tokens of requests, as models reported them"},
	[COUNT_TOKENS_OUT] = {"merlon_output_tokens_total", "tokens of answers, as models reported them"},
	[COUNT_NOT_EXAMINED] = {"merlon_not_examined_total", "exchanges whose request or answer could not be understood"},
	[COUNT_NOTHING] = {"merlon_nothing_to_examine_total", "exchanges whose request had no body"},
	[COUNT_RECORDS] = {"merlon_records_total", "records written into the ledger"},
	[COUNT_HELD] = {"merlon_held_total", "requests and answers that waited for a person"},
	[COUNT_APPROVED] = {"merlon_approved_total", "of those: that a person agreed to"},
	[COUNT_NOT_APPROVED] = {"merlon_not_approved_total", "of those: that were refused, or nobody answered"},
};

static void write_number(struct text *out, const char *kind, const char *name, const char *help, unsigned long long value)
{
	text_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, kind, name, value);
}

static void write_histogram(struct text *out, const char *name, const char *help, struct histogram *h)
{
	unsigned long long sum = 0;

	text_addf(out, "# HELP %s %s\n# TYPE %s histogram\n", name, help, name);
	for (unsigned i = 0; i < BUCKETS; i++) {
		sum += atomic_load(&h->buckets[i]);
		text_addf(out, "%s_bucket{le=\"%.2f\"} %llu\n", name, 0.01 * (double)(1u << i), sum);
	}
	sum += atomic_load(&h->buckets[BUCKETS]);
	text_addf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.3f\n%s_count %llu\n", name, sum, name, (double)atomic_load(&h->sum_ms) / 1000, name, sum);
}

void metrics_add_label(struct text *out, const char *name, struct bytes value)
{
	text_addf(out, "%s=\"", name);
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == '"' || value.at[i] == '\\')
			text_add_byte(out, '\\');
		text_add_byte(out, value.at[i] < ' ' ? ' ' : (char)value.at[i]);
	}
	text_add_byte(out, '"');
}

static void write_shared(struct shared *s, struct text *out)
{
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		write_number(out, "counter", counters[i].name, counters[i].help, atomic_load(&s->counters[i]));
	write_number(out, "gauge", "merlon_halted", "1 while the kill switch is on", (unsigned long long)atomic_load(&s->halted));
	write_number(out, "gauge", "merlon_evidence_lost", "1 while records cannot be kept", (unsigned long long)atomic_load(&s->ledger_lost));
	write_number(out, "gauge", "merlon_configuration_generation", "how often the configuration was read again", atomic_load(&s->generation));
	write_number(out, "gauge", "merlon_workers", "processes that serve the newest configuration", atomic_load(&s->workers));
	write_histogram(out, "merlon_exchange_seconds", "from the head of a request to the end of its answer", &s->whole);
	write_histogram(out, "merlon_first_byte_seconds", "from the head of a request to the head of the model's answer", &s->first);
}

void metrics_write(const struct config *c, struct shared *shared, struct holds *holds, struct text *out)
{
	write_number(out, "gauge", "merlon_held", "exchanges that wait for a person", holds_waiting(holds));
	write_shared(shared, out);
	certificates_write_metrics(c, out);
	health_write_metrics(c, out);
	if (c->budgets)
		budgets_write_metrics(c->budgets, out, time_now_ms());
}

bool gateway_is_ready(struct shared *s, const char **why)
{
	*why = atomic_load(&s->halted) ? "halted" : atomic_load(&s->ledger_lost) ? "evidence cannot be kept" : atomic_load(&s->leaving) ? "is about to end" : "ready";
	return !atomic_load(&s->halted) && !atomic_load(&s->ledger_lost) && !atomic_load(&s->leaving);
}
