#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/test.h"
#include "tests/unit/inspection.h"

#include "gateway/approval.h"
#include "gateway/hold.h"

/* ---- the board ---- */

static struct hold_question question(const char *id)
{
	struct hold_question q = {.caller = hold_text(BYTES("anna")), .route = hold_text(BYTES("main")), .rule = hold_text(BYTES("ask")), .since_ms = 1795312800000, .expires_ms = 1795312860000};

	for (size_t i = 0; i < HOLD_ID; i++)
		q.id[i] = id[i % strlen(id)];
	q.digest = digest_of(bytes_of(id));
	return q;
}

static void a_decision_reaches_who_asked_and_once(void **state)
{
	struct holds *h = holds_create();
	struct hold_question q = question("ab");
	struct hold_decision said = {.agrees = true, .by = hold_text(BYTES("the lead"))};
	struct hold_view seen;
	struct hold_outcome heard;

	(void)state;
	struct hold_place *p = holds_ask(h, &q);
	assert_non_null(p);
	assert_true(holds_at(h, 0, &seen));
	assert_memory_equal(&seen.question, &q, sizeof q);
	assert_false(holds_look(p));
	assert_null(holds_take(h, BYTES("abababab")));
	assert_ptr_equal(holds_take(h, bytes_of(q.id)), p);
	assert_null(holds_take(h, bytes_of(q.id)));
	assert_false(holds_look(p));
	assert_true(holds_decide(p, &said));
	assert_null(holds_take(h, bytes_of(q.id)));
	assert_true(holds_look(p));
	holds_leave(p, &heard);
	assert_true(heard.decided && heard.agrees);
	assert_int_equal(heard.count, 1);
	assert_bytes(hold_person(&heard.decisions[0]), "the lead");
	assert_int_equal(atomic_load(&p->owner), 0);
	assert_false(holds_at(h, 0, &seen));
}

static pid_t well_ended(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return pid;
}

/* By a steward that is gone before it said anything. */
static pid_t taken_by_another(struct holds *h, const struct hold_question *q)
{
	pid_t pid = fork();

	if (pid != 0)
		return well_ended(pid);
	_exit(holds_take(h, bytes_of(q->id)) == NULL);
}

static void as_many_agree_as_have_to(void **state)
{
	struct holds *h = holds_create();
	struct hold_question q = question("12");
	struct hold_decision yes = {.agrees = true, .key = hold_text(BYTES("ada"))}, no = {.agrees = false, .key = hold_text(BYTES("bob"))};
	struct hold_view seen;
	struct hold_outcome heard;

	(void)state;
	q.approvals = 3;
	struct hold_place *p = holds_ask(h, &q);
	for (unsigned i = 0; i < 3; i++) {
		assert_false(holds_look(p));
		assert_true(holds_at(h, 0, &seen));
		assert_int_equal(seen.so_far.count, i);
		assert_true(holds_decide(holds_take(h, bytes_of(q.id)), &yes));
	}
	assert_true(holds_look(p));
	holds_leave(p, &heard);
	assert_true(heard.decided && heard.agrees && heard.count == 3);
	/* One refusal is enough. */
	p = holds_ask(h, &q);
	holds_decide(holds_take(h, bytes_of(q.id)), &yes);
	holds_decide(holds_take(h, bytes_of(q.id)), &no);
	assert_true(holds_look(p));
	holds_leave(p, &heard);
	assert_true(heard.decided && !heard.agrees && heard.count == 2);
	/* Who leaves before that knows who had agreed. */
	p = holds_ask(h, &q);
	holds_decide(holds_take(h, bytes_of(q.id)), &yes);
	holds_leave(p, &heard);
	assert_true(!heard.decided && !heard.agrees && heard.count == 1);
	assert_bytes(hold_person(&heard.decisions[0]), "ada");
	/* What a steward that died was about to enter may not be on record. */
	p = holds_ask(h, &q);
	holds_decide(holds_take(h, bytes_of(q.id)), &yes);
	holds_process_died(h, taken_by_another(h, &q));
	assert_true(holds_at(h, 0, &seen));
	assert_int_equal(seen.so_far.count, 0);
}

static void who_was_shown_it_is_known_until_it_ends(void **state)
{
	struct holds *h = holds_create();
	struct hold_question q = question("34");
	struct hold_view seen;
	char name[] = "person 0";

	(void)state;
	struct hold_place *p = holds_ask(h, &q);
	assert_true(holds_at(h, 0, &seen) && !seen.is_shown);
	assert_false(holds_have_seen(p, BYTES("ada")));
	holds_note_seen(p, BYTES("ada"), digest_of(BYTES("text")));
	assert_true(holds_have_seen(p, BYTES("ada")));
	assert_false(holds_have_seen(p, BYTES("bob")));
	assert_true(holds_at(h, 0, &seen) && seen.is_shown && digest_equal(seen.shown, digest_of(BYTES("text"))));
	/* Beyond so many the first is forgotten, and has to look again. */
	for (unsigned i = 0; i < HOLD_SEEN_MOST; i++) {
		name[7] = (char)('0' + i);
		holds_note_seen(p, bytes_of(name), seen.shown);
		holds_note_seen(p, bytes_of(name), seen.shown);
	}
	assert_false(holds_have_seen(p, BYTES("ada")));
	assert_true(holds_have_seen(p, BYTES("person 0")));
	holds_leave(p, NULL);
	assert_ptr_equal(holds_ask(h, &q), p);
	assert_false(holds_have_seen(p, BYTES("person 0")));
	assert_true(holds_at(h, 0, &seen) && !seen.is_shown);
}

static void nothing_stays_in_the_window(void **state)
{
	struct holds *h = holds_create();
	struct window *w = &h->window;
	struct hold_question q = question("56");
	static const unsigned char blank[4096];
	bool gone;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		assert_false(window_asks_for(w, q.id));
		assert_true(window_ask(w, bytes_of(q.id), true));
		assert_false(window_ask(w, bytes_of(q.id), true));
		assert_true(window_asks_for(w, q.id));
		assert_false(window_asks_for(w, question("57").id));
		if (i == 0) {           /* nobody comes to paint it */
			window_clear(w);
			continue;
		}
		assert_true(window_take(w, q.id));
		assert_false(window_take(w, q.id));
		memset(w->text, 'x', 4096);
		memset(w->salt, 'x', sizeof w->salt);
		w->len = 4096;
		assert_false(window_is_ready(w, &gone) || gone);
		if (i == 1) {           /* it is not waited for any more */
			window_clear(w);
			assert_false(window_ask(w, bytes_of(q.id), true));
		}
		if (i == 2)
			holds_process_died(h, getpid());
		else
			window_give(w);
		if (i == 3)
			assert_true(window_is_ready(w, &gone));
		if (i >= 3 && i < 5)
			window_clear(w);
		if (i == 5)
			holds_process_died(h, getpid());
		assert_false(window_is_ready(w, &gone));
		assert_true(gone);
		assert_memory_equal(w->text, blank, sizeof blank);
		assert_memory_equal(w->salt, blank, sizeof w->salt);
	}
	/* Another is asked for between looking and taking. */
	assert_true(window_ask(w, bytes_of(question("58").id), true));
	assert_false(window_take(w, q.id));
	assert_true(window_is_ready(w, &gone) && w->len == 0);
}

static void who_has_left_is_not_decided_about(void **state)
{
	struct holds *h = holds_create();
	struct hold_question q = question("cd");
	struct hold_decision said = {.agrees = true};

	(void)state;
	struct hold_place *p = holds_ask(h, &q);
	assert_ptr_equal(holds_take(h, bytes_of(q.id)), p);
	holds_leave(p, NULL);
	/* Nobody else gets the place while the steward writes to it. */
	assert_ptr_not_equal(holds_ask(h, &q), p);
	assert_false(holds_decide(p, &said));
	assert_ptr_equal(holds_ask(h, &q), p);
	assert_false(holds_look(p));
}

static pid_t asked_by_another(struct holds *h, const struct hold_question *q)
{
	pid_t pid = fork();

	if (pid != 0)
		return well_ended(pid);
	for (size_t i = 0; i < HOLDS_MOST; i++)
		holds_ask(h, q);
	_exit(0);
}

/* Around a reload there are two stewards, and either may die. */
static void the_dead_leave_no_place_taken(void **state)
{
	struct holds *h = holds_create();
	struct hold_question q = question("ef");
	struct hold_place *theirs = &h->places[0], *mine;
	pid_t worker = asked_by_another(h, &q), other = taken_by_another(h, &q);

	(void)state;
	assert_null(holds_ask(h, &q));
	mine = holds_take(h, bytes_of(q.id));
	holds_process_died(h, other);
	assert_int_equal(atomic_load(&theirs->state), HOLD_WAITS);
	assert_int_equal(atomic_load(&mine->state) % HOLD_STATES, HOLD_IN_DECISION);
	other = taken_by_another(h, &q);
	for (unsigned i = 0; i < 2; i++)
		holds_process_died(h, worker);
	for (size_t i = 0; i < HOLDS_MOST; i++)
		assert_int_equal(atomic_load(&h->places[i].state) % HOLD_STATES, i < 2 ? HOLD_LEFT : HOLD_NONE);
	holds_process_died(h, other);
	assert_false(holds_decide(mine, &(struct hold_decision){.agrees = true}));
	for (size_t i = 0; i < HOLDS_MOST; i++)
		assert_int_equal(atomic_load(&h->places[i].owner), 0);
}

static void texts_are_utf8_whatever_they_were(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, NULL);
	for (size_t i = 0; i < HOLD_TEXT_MOST - 1; i++)
		text_add_byte(&t, 'a');
	text_add_string(&t, "\u20ac");
	struct hold_text cut = hold_text(text_bytes(&t));
	assert_int_equal(cut.len, HOLD_TEXT_MOST - 1);
	struct hold_text mended = hold_text(BYTES("a\xff\xc3"));
	assert_bytes(hold_bytes(&mended), "a??");
	struct hold_text whole = hold_text(BYTES("\u00e9"));
	assert_bytes(hold_bytes(&whole), "\u00e9");
	text_finish(&t);
}

/* ---- what an approval is about ---- */

static void an_approval_fits_one_question_to_the_byte(void **state)
{
	struct hold_question q = question("5f"), other;
	struct approval a = {.shown = BYTES("07d3a1bc"), .by = BYTES("the lead"), .reason = BYTES("agreed\nwith the ward"), .at_ms = 1795312801000}, again;
	struct text text;

	(void)state;
	text_init(&text, NULL);
	approval_write(&q, &a, &text);
	assert_true(approval_read(text_bytes(&text), &again));
	assert_int_equal(again.says, APPROVAL_APPROVES);
	assert_bytes(again.shown, "07d3a1bc");
	assert_bytes(again.reason, "agreed with the ward");
	assert_true(approval_fits(text_bytes(&text), &q));
	/* All up to the time it was made is bound. */
	size_t bound = bytes_find(text_bytes(&text), BYTES("\nat "));
	for (size_t i = 0; i < bound; i++) {
		text.at[i] ^= 1;
		assert_false(approval_fits(text_bytes(&text), &q) && approval_read(text_bytes(&text), &again) && bytes_equal(again.shown, a.shown));
		text.at[i] ^= 1;
	}
	for (size_t len = 0; len < text.len; len++)
		assert_false(approval_fits(bytes_slice(text_bytes(&text), 0, len), &q));
	other = q;
	other.answer = true;
	assert_false(approval_fits(text_bytes(&text), &other));
	other = q;
	other.digest.sha256[31] ^= 1;
	assert_false(approval_fits(text_bytes(&text), &other));
	text_finish(&text);
}

/* ---- what an exchange goes on with ---- */

#define ASKS \
	"policy: test\nmodels: any\ntools:\n  - {names: pay, measure: hold}\nhosts: any\n" \
	"finds:\n  - {name: delicate, texts: [delicate]}\n  - {name: canary, texts: [heliotrope]}\n" \
	"rules:\n  - {name: ask, finds: delicate, measure: hold}\n  - {name: gone, finds: canary, measure: redact, placeholder: X}\n" \
	"  - {name: never, finds: canary, measure: deny, in: answer, channels: [reasoning]}\n"
#define ASKED(text) "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" text "\"},{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"pay\",\"arguments\":\"{}\"}}]}]}"
#define SAID(message) "{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{" message "},\"finish_reason\":\"stop\"}]}"

static void body_agreed(void *arg)
{
	static const struct {
		const char *answer;
		enum measure measure;
	} cases[] = {
		{SAID("\"content\":\"fine\""), MEASURE_ALLOW},
		{SAID("\"content\":\"a heliotrope\""), MEASURE_REDACT},
		{SAID("\"content\":\"a delicate one\""), MEASURE_HOLD},
		{SAID("\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"pay\",\"arguments\":\"{}\"}}]"), MEASURE_HOLD},
		{SAID("\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"steal\",\"arguments\":\"{}\"}}]"), MEASURE_DENY},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct driven d;
		drive(&d, arg, "openai-chat", ASKS);
		drive_request(&d, BYTES(ASKED("a delicate heliotrope")));
		assert_int_equal(d.ruling.measure, MEASURE_HOLD);
		assert_true(d.ruling.edited);
		assert_bytes(text_bytes(&d.body), ASKED("a delicate X"));
		inspection_agree(d.inspection);
		drive_answer(&d, bytes_of(cases[i].answer));
		assert_int_equal(d.ruling.measure, cases[i].measure);
		struct text record;
		text_init(&record, arg);
		inspection_record(d.inspection, &(struct said){0}, &record);
		assert_true(bytes_contain(text_bytes(&record), i == 4 ? BYTES("\"decision\":\"deny\"") : BYTES("\"decision\":\"hold\"")));
		assert_true(json_is_canonical(text_bytes(&record)));
	}
}

static void an_answer_is_judged_by_itself_once_its_request_was_agreed_to(void **state)
{
	(void)state;
	with_arena(body_agreed);
}

static void body_elsewhere(void *arg)
{
	struct driven d;

	drive(&d, arg, "openai-chat", ASKS);
	d.circumstances.upstream = BYTES("near");
	drive_request(&d, BYTES(ASKED("a delicate thing")));
	inspection_agree(d.inspection);
	d.circumstances.upstream = BYTES("far");
	drive_answer(&d, BYTES(SAID("\"content\":\"fine\"")));
	assert_int_equal(d.ruling.measure, MEASURE_HOLD);
}

static void who_agreed_had_an_upstream_in_mind(void **state)
{
	(void)state;
	with_arena(body_elsewhere);
}

static void body_several(void *arg)
{
	static const struct {
		const char *text;
		unsigned approvals;
	} cases[] = {{"one", 0}, {"two", 2}, {"three", 3}, {"two and three and one", 3}, {"two, and noted", 2}};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct driven d;
		struct text body;
		drive(&d, arg, "openai-chat", "policy: test\nmodels: any\ntools:\n  - {names: pay, measure: hold, approvals: 2}\nhosts: any\nfinds:\n  - {name: one, texts: [one]}\n  - {name: two, texts: [two]}\n  - {name: three, texts: [three]}\n  - {name: noted, texts: [noted]}\n"
		      "rules:\n  - {name: a, finds: one, measure: hold}\n  - {name: b, finds: two, measure: hold, approvals: 2}\n  - {name: c, finds: three, measure: hold, approvals: 3}\n  - {name: d, finds: noted, measure: warn}\n");
		assert_int_equal(policy_approvals(d.policy), 3);
		text_init(&body, arg);
		text_addf(&body, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}", cases[i].text);
		drive_request(&d, text_bytes(&body));
		assert_int_equal(d.ruling.measure, MEASURE_HOLD);
		assert_int_equal(d.ruling.approvals, cases[i].approvals);
	}
}

static void who_asks_for_most_persons_is_heard(void **state)
{
	(void)state;
	with_arena(body_several);
}

/* ---- a turn that waits: what became of it is told to a reply of ours ---- */

struct heard {
	struct reply reply;
	unsigned status;
	bool ended;
};

static void hear_head(struct reply *r, unsigned status, const struct http_field *fields, size_t count, uint64_t length)
{
	(void)fields, (void)count, (void)length;
	((struct heard *)r)->status = status;
}

static void hear_body(struct reply *r, struct bytes b)
{
	(void)r, (void)b;
}

static void hear_end(struct reply *r)
{
	((struct heard *)r)->ended = true;
}

/* A request whose body is changed after a person agreed to it does not go on. */
static void what_was_changed_meanwhile_does_not_go_on(void **state)
{
	static const struct caller anna = {.name = BYTES("anna")};
	struct shared *shared = shared_create();
	struct config config = {.holds = {.wait_ms = 60000, .most = 4, .most_of_one = 4}};
	struct door door = {.loop = loop_create(), .shared = shared, .config = &config, .board = holds_create()};
	struct heard heard = {.reply = {.head = hear_head, .body = hear_body, .end = hear_end}};
	struct route route = {.name = BYTES("main")};
	unsigned char body[] = "{\"amount\":500}";
	struct turn t = {.door = &door, .reply = &heard.reply, .caller = &anna, .route = &route, .recorded = true, .place = -1, .to_ask = {body, sizeof body - 1}, .method = BYTES("POST")};
	struct hold_decision said = {.agrees = true, .by = hold_text(BYTES("the lead"))};

	(void)state;
	arena_init(&t.arena, 1 << 20);
	exchange_init(&t.request, &t.arena, dialects[0]);
	memset(t.id_text, 'a', HOLD_ID);
	hold_wait(hold_prepare(&t, &t.request, false, &(struct ruling){.rule = BYTES("ask")}, t.to_ask));
	assert_int_equal(door.hold_count, 1);
	assert_true(holds_decide(holds_take(door.board, bytes_of(t.id_text)), &said));
	body[10] = '9';
	hold_look(&door);
	assert_int_equal(heard.status, 403);
	assert_true(heard.ended);
	assert_int_equal(door.hold_count, 0);
	hold_forget(&t);
	arena_finish(&t.arena);
	loop_destroy(door.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_decision_reaches_who_asked_and_once),
		cmocka_unit_test(as_many_agree_as_have_to),
		cmocka_unit_test(who_was_shown_it_is_known_until_it_ends),
		cmocka_unit_test(nothing_stays_in_the_window),
		cmocka_unit_test(who_has_left_is_not_decided_about),
		cmocka_unit_test(the_dead_leave_no_place_taken),
		cmocka_unit_test(texts_are_utf8_whatever_they_were),
		cmocka_unit_test(an_approval_fits_one_question_to_the_byte),
		cmocka_unit_test(an_answer_is_judged_by_itself_once_its_request_was_agreed_to),
		cmocka_unit_test(who_agreed_had_an_upstream_in_mind),
		cmocka_unit_test(who_asks_for_most_persons_is_heard),
		cmocka_unit_test(what_was_changed_meanwhile_does_not_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
