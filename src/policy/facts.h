#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include "policy/language.h"
#include "syntax/json.h"

/*
 * What a verdict follows from, without any content: all of it goes on record,
 * and judged again it gives the same verdict.
 */
enum { FACT_TOOLS_MOST = 64, FACT_HOSTS_MOST = 64, FACT_HITS_MOST = 160, FACT_NAME_MOST = 128, FACT_TEXT_MOST = 16384 };

struct fact_tool {
	struct bytes name;
	bool called;                /* else offered */
	bool provider;              /* the model's provider defines it */
	bool listed;                /* offered in a list that can do without it */
	bool unsound;               /* its protocol tells readers to pass it over */
	bool outside;               /* listed, and none of those that the caller may reach at most */
	bool typed;                 /* its arguments were judged by the conditions with that digest */
	bool fits;
	unsigned char conditions[8];
	struct bytes failed;        /* the first argument that did not fit, or why none could */
	bool matters;               /* kept before those that do not */
};

struct fact_host {
	struct bytes host;
	bool fixed;                 /* in a text from which nothing can be taken out */
	bool matters;
};

struct fact_hit {
	unsigned char find[8];      /* digest */
	enum channel channel;
	unsigned half;
	bool fixed;                 /* where nothing can be taken out */
	uint64_t count;
};

/* What a person agreed to, once asked: it stays on record, and is weighed no more. */
struct agreed {
	bool request;               /* it, and the circumstances */
	bool overload;              /* there was one then; facts.overload is of what came later */
	size_t tools, hosts;        /* so many of the lists' first */
};

struct facts {
	struct bytes caller, team, route, upstream, dialect, model, answered;
	struct names roles, purposes;
	int64_t at_ms;
	enum examined request, answer;
	bool answers;               /* there was an answer to examine */
	bool route_outside, model_outside, tool_outside;        /* of what the caller may reach at most */
	bool overload;              /* more than is kept on record, or held back */
	struct fact_tool *tools;    /* these lists are made when the first is added */
	size_t tool_count;
	struct fact_host *hosts;
	size_t host_count;
	bool tools_more, hosts_more;    /* there were others, which were allowed */
	size_t text;                /* bytes that names of tools and hosts take on record */
	struct fact_hit *hits;
	size_t hit_count;
	unsigned char (*looked_for)[8];     /* digests of all finds there were */
	size_t looked_count;
	struct agreed agreed;
};

/*
 * Each adds once what is new, and says whether it was.  Beyond the limits what
 * matters takes the place of what does not; when nothing is left to give way,
 * or a name is too long, that is an `overload`.  Texts are copied.
 */
bool facts_add_tool(struct facts *f, struct arena *arena, const struct fact_tool *tool);
bool facts_add_host(struct facts *f, struct arena *arena, const struct fact_host *host);
bool facts_add_hit(struct facts *f, struct arena *arena, const struct fact_hit *hit);

/* From here on only what is added is weighed, even when it is the same once more. */
void facts_agree(struct facts *f);

/* What the record says anyway of the exchange: facts that are the same are not said once more. */
struct said {
	struct bytes caller, team, upstream, dialect, model, answered;
	enum examined request;
};

/* As canonical JSON, and back; NULL when it is none of ours. */
void facts_write(const struct facts *f, const struct said *said, struct text *out);
struct facts *facts_read(struct arena *arena, const struct json *object, const struct said *said);
/* By its name; false, and nothing changed, when it is none. */
bool examined_read(const struct json *object, const char *key, enum examined *out);

#endif
