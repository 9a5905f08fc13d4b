#include "gateway/gateway.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "gateway/certificates.h"
#include "gateway/errands.h"
#include "gateway/halt.h"
#include "gateway/health.h"
#include "gateway/signer.h"
#include "gateway/sockets.h"
#include "gateway/steward.h"
#include "gateway/usage.h"
#include "gateway/worker.h"
#include "sandbox/channel.h"
#include "sandbox/confine.h"
#include "syntax/json.h"
#include "types/assessment.h"

enum { LOOK_MS = 25, RESTART_MS = 200, RESTART_MOST_MS = 10000, RECORDERS_MOST = 5, SAVE_MS = 5000, DAY_MS = 86400000, ADDRESS_MOST = 200 };

struct slot {
	pid_t pid;                  /* 0: nobody */
	unsigned number;            /* among the workers of its configuration */
	unsigned generation;
	int signer;                 /* the signer's end of the channel to it, kept for another signer; or -1 */
	int64_t begun_ms, restart_at_ms;
};

struct gateway {
	struct config *config;
	struct shared *shared;
	struct holds *holds;
	struct sockets *sockets;
	unsigned workers, journals, halts_seen, gaps_told;
	struct slot slots[SLOTS_MOST];
	int64_t restart_after_ms, save_at_ms;
	int signals, recorder_socket, control;  /* control: where operators come; kept, so that none is turned away */
	pid_t recorder, steward;
	struct errands errands;
	struct signer signer;
	int64_t signer_at_ms, certificates_at_ms;       /* when to start one again; when to look at them again */
	bool leaving, halted;
	char halt[4096], halted_by[4096];       /* the file that halts, and that which remembers what else did */
};

/* ---- the ends of the signer ---- */

static void close_end(struct slot *slot)
{
	if (slot->signer >= 0)
		close(slot->signer);
	slot->signer = -1;
}

static void close_ends(struct gateway *g)
{
	for (unsigned i = 0; i < SLOTS_MOST; i++)
		close_end(&g->slots[i]);
	signer_let_go(&g->signer);
	close(g->control);
}

/* In a process that is not to stand between the two. */
static void leave_ends(void *g)
{
	close_ends(g);
}

/* ---- the recorder ---- */

static bool start_recorder(struct gateway *g)
{
	int ready[2], pair[2];
	char byte;

	if (pipe(ready) != 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	g->recorder = fork();
	if (g->recorder == 0) {
		close(ready[0]);
		close(pair[1]);
		close_ends(g);
		close(g->signals);
		sockets_close(&g->sockets);
		_exit(recorder_run(g->config->ledger, pair[0], ready[1], g->shared));
	}
	close(ready[1]);
	close(pair[0]);
	g->recorder_socket = pair[1];
	bool good = g->recorder > 0 && read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	return good;
}

/* Somebody else is to send it records, over pair[1]. */
static bool introduce(struct gateway *g, int pair[2], uint64_t number)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	bool good = recorder_introduce(g->recorder_socket, pair[0], number);
	close(pair[0]);
	if (!good)
		close(pair[1]);
	return good;
}

/* One over those of its routes, in their order: however many there are, a record holds it. */
static struct digest digest_of_policies(const struct config *c)
{
	struct hasher h;

	hasher_begin(&h);
	for (size_t i = 0; i < c->route_count; i++)
		hasher_add(&h, digest_bytes(policy_digest(c->routes[i].policy)));
	return hasher_end(&h);
}

/* An address may be as long as its file: of a record that is too long the end would be cut off, and then it is none. */
static struct bytes bounded(const char *address)
{
	return bytes_slice(bytes_of(address), 0, ADDRESS_MOST);
}

/* On record: what happens to the gateway itself, and under which configuration. */
static void note(struct gateway *g, const char *what)
{
	struct recorder r;
	struct loop *loop = loop_create();
	const struct digest *callers = identity_files(g->config->identity), policies = digest_of_policies(g->config);
	struct text body;

	recorder_open(&r, loop, dup(g->recorder_socket), -1, g->shared);
	text_init(&body, NULL);
	text_add_byte(&body, '{');
	if (callers)
		text_add_member_hex(&body, "callers", digest_bytes(callers));
	text_add_member_hex(&body, "configuration", digest_bytes(&g->config->digest));
	text_add_member(&body, "listen", bounded(g->config->listeners[0].address));
	text_add_member_hex(&body, "policies", digest_bytes(&policies));
	text_add_member(&body, "upstream", bounded(g->config->upstreams[0].servers[0].url));
	text_add_member(&body, "version", bytes_of(merlon_version));
	text_add_member(&body, "what", bytes_of(what));
	text_add_byte(&body, '}');
	recorder_note(&r, text_bytes(&body));
	text_finish(&body);
	recorder_close(&r);
	loop_destroy(loop);
}

/* ---- the steward ---- */

/* Operators can do without it, for a while: a signal and a file halt the gateway too. */
static void start_steward(struct gateway *g)
{
	struct steward_start start = {.shared = g->shared, .halt = g->halt, .number = atomic_load(&g->shared->stewards), .holds = g->holds, .config = g->config};
	char path[4096];
	int pair[2];

	snprintf(path, sizeof path, "%s/control", g->config->ledger);
	if (g->control < 0)
		g->control = steward_listen(path);
	if (g->control < 0) {
		log_warning("%s: no socket for operators can be made there: %m", path);
		return;
	}
	g->steward = 0;
	if (!introduce(g, pair, 0))
		return;
	start.recorder = pair[1];
	g->steward = fork();
	if (g->steward == 0) {
		start.listener = dup(g->control);
		close_ends(g);
		close(g->recorder_socket);
		close(g->signals);
		sockets_close(&g->sockets);
		_exit(steward_run(&start));
	}
	close(pair[1]);
}

/* ---- workers ---- */

/* Among all that live. */
static unsigned number_of(const struct gateway *g, const struct slot *slot)
{
	return (unsigned)(slot - g->slots);
}

static void be_worker(struct gateway *g, const struct slot *slot, int recorder, int journal, int signer)
{
	int listeners[LISTENERS_MOST];
	struct worker_start start = {.config = g->config, .shared = g->shared, .board = g->holds, .listeners = listeners, .recorder = recorder, .journal = journal, .signer = signer, .generation = slot->generation, .number = number_of(g, slot)};

	for (size_t i = 0; i < g->config->listener_count; i++)
		listeners[i] = sockets_of(g->sockets, g->config->listeners[i].address)->fds[slot->number];
	for (struct sockets *s = g->sockets; s; s = s->next)
		for (unsigned k = 0; k < WORKERS_MOST; k++)
			if (s->fds[k] >= 0 && (k != slot->number || !s->wanted))
				close(s->fds[k]);
	close_ends(g);
	close(g->recorder_socket);
	close(g->signals);
	_exit(worker_run(&start));
}

static bool start_worker(struct gateway *g, struct slot *slot)
{
	uint64_t number = ((uint64_t)time_now_ms() << 12) + g->journals++ % 4096;
	int pair[2], keys[2] = {-1, -1}, journal = recorder_create_journal(g->config->ledger, number);

	if (journal < 0) {
		log_error("gateway: no journal for a worker can be made in %s: %m", g->config->ledger);
		return false;
	}
	if (!introduce(g, pair, number)) {
		close(journal);
		recorder_remove_journal(g->config->ledger, number);
		return false;
	}
	if (signer_is_needed(g->config) && (!channel_make(keys) || !signer_introduce(&g->signer, keys[1])))
		log_error("gateway: a worker cannot ask the signer");
	close_end(slot);
	slot->signer = keys[1];
	slot->begun_ms = time_monotonic_ms();
	slot->restart_at_ms = 0;
	slot->pid = fork();
	if (slot->pid == 0)
		be_worker(g, slot, pair[1], journal, keys[0]);
	close(journal);
	close(pair[1]);
	if (keys[0] >= 0)
		close(keys[0]);
	if (slot->pid > 0)
		return true;
	log_error("gateway: no process for a worker can be started: %m");
	slot->pid = 0;
	close_end(slot);
	return false;
}

/* That of the present configuration's worker, else one to start it in; NULL while too many of earlier ones still serve somebody. */
static struct slot *slot_of(struct gateway *g, unsigned number)
{
	struct slot wanted = {.number = number, .generation = atomic_load(&g->shared->generation), .signer = -1}, *free = NULL;

	for (struct slot *slot = g->slots; slot < g->slots + SLOTS_MOST; slot++) {
		bool taken = slot->pid != 0 || slot->restart_at_ms != 0;
		if (taken && slot->number == number && slot->generation == wanted.generation)
			return slot;
		if (!taken && !free)
			free = slot;
	}
	if (free)
		*free = wanted;
	return free;
}

/* Later and later when it fails at once. */
static void put_off(struct gateway *g, struct slot *slot)
{
	g->restart_after_ms = 2 * g->restart_after_ms < RESTART_MOST_MS ? 2 * g->restart_after_ms : RESTART_MOST_MS;
	slot->restart_at_ms = time_monotonic_ms() + g->restart_after_ms;
}

/* Those that do not run, if it is their time; false while any is missing. */
static bool start_workers(struct gateway *g)
{
	int64_t now_ms = time_monotonic_ms();
	unsigned running = 0;

	for (unsigned i = 0; i < g->workers; i++) {
		struct slot *slot = slot_of(g, i);
		if (slot && slot->pid == 0 && now_ms >= slot->restart_at_ms && !start_worker(g, slot))
			put_off(g, slot);
		running += slot && slot->pid > 0;
	}
	atomic_store(&g->shared->workers, running);
	return running == g->workers;
}

/* What it had, nobody gives back any more. */
static void release_of_dead(struct gateway *g, struct slot *slot)
{
	slot->pid = 0;
	close_end(slot);
	if (g->config->budgets)
		budgets_worker_died(g->config->budgets, number_of(g, slot), time_now_ms());
}

/* A worker that ended without being told to is started again. */
static void worker_ended(struct gateway *g, struct slot *slot, int status)
{
	bool wanted = !g->leaving && slot->generation == atomic_load(&g->shared->generation);

	release_of_dead(g, slot);
	if (!wanted)
		return;
	if (time_monotonic_ms() - slot->begun_ms > RESTART_MOST_MS)
		g->restart_after_ms = RESTART_MS / 2;
	put_off(g, slot);
	atomic_fetch_sub(&g->shared->workers, 1);
	log_error("gateway: a worker ended (status %d); another takes its place in %lld ms", status, (long long)g->restart_after_ms);
	note(g, "a worker ended");
}

/* And those are not waited for that were to take the place of one. */
static void kill_workers(struct gateway *g)
{
	for (unsigned i = 0; i < SLOTS_MOST; i++) {
		struct slot *slot = &g->slots[i];
		if (slot->pid > 0) {
			kill(slot->pid, SIGKILL);
			waitpid(slot->pid, NULL, 0);
			holds_process_died(g->holds, slot->pid);
			release_of_dead(g, slot);
		}
		*slot = (struct slot){.signer = -1};
	}
}

/* Workers cannot go on without it, nor tell another one what they did: their journals do. */
static bool replace_recorder(struct gateway *g)
{
	log_error("gateway: the process that keeps the evidence ended; what was under way is cut, and on record as lost");
	kill_workers(g);
	if (g->steward > 0)
		kill(g->steward, SIGKILL);      /* its decisions would not be kept: another takes its place */
	close(g->recorder_socket);
	for (unsigned i = 0; i < RECORDERS_MOST; i++) {
		if (start_recorder(g)) {
			atomic_store(&g->shared->ledger_lost, 0);
			note(g, "the recorder ended");
			start_workers(g);
			return true;
		}
		waitpid(g->recorder, NULL, 0);
		close(g->recorder_socket);
		sleep(1);
	}
	g->recorder = 0;
	return false;
}

/* ---- TLS ---- */

/* Handshakes that wait for the one that died are answered by the next: it gets the same channels. */
static void restart_signer(struct gateway *g)
{
	int64_t now_ms = time_monotonic_ms();
	int ends[SLOTS_MOST];
	size_t count = 0;

	if (g->signer_at_ms == 0 || now_ms < g->signer_at_ms)
		return;
	for (unsigned i = 0; i < SLOTS_MOST; i++)
		if (g->slots[i].signer >= 0 && g->slots[i].generation == atomic_load(&g->shared->generation))
			ends[count++] = g->slots[i].signer;
	bool good = signer_start(&g->signer, g->config, ends, count);
	g->signer_at_ms = good ? 0 : now_ms + RESTART_MOST_MS;
	atomic_store(&g->shared->signer_lost, !good);
}

static void signer_ended(struct gateway *g)
{
	signer_let_go(&g->signer);
	g->signer_at_ms = time_monotonic_ms();
	log_error("gateway: the process that signs handshakes ended; another takes its place");
	note(g, "the signer ended");
}

/* At the start, and once a day: a certificate is renewed before callers turn away. */
static void look_at_certificates(struct gateway *g)
{
	int64_t now_ms = time_monotonic_ms();

	if (now_ms < g->certificates_at_ms)
		return;
	g->certificates_at_ms = now_ms + DAY_MS;
	certificates_warn(g->config);
	for (size_t i = 0; i < g->config->listener_count; i++) {
		const struct listener *l = &g->config->listeners[i];
		if (!l->context && !address_is_local(l->address))
			log_warning("gateway: callers come to %s WITHOUT TLS: keys and content can be read on the way", l->address);
	}
}

/* False when the gateway cannot go on. */
static bool reap(struct gateway *g)
{
	int status;

	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		if (pid == g->recorder) {
			g->recorder = 0;
			return !g->leaving && replace_recorder(g);
		}
		errands_ended(&g->errands, pid);
		holds_process_died(g->holds, pid);
		if (pid == g->steward)
			start_steward(g);
		if (pid == g->signer.pid)
			signer_ended(g);
		for (unsigned i = 0; i < SLOTS_MOST; i++)
			if (g->slots[i].pid == pid)
				worker_ended(g, &g->slots[i], status);
	}
	return true;
}

static bool somebody_works(const struct gateway *g)
{
	for (unsigned i = 0; i < SLOTS_MOST; i++)
		if (g->slots[i].pid != 0)
			return true;
	return false;
}

/* ---- what it is told ---- */

static void look_whether_halted(struct gateway *g)
{
	unsigned halts = atomic_load(&g->shared->halts);
	bool halted = halt_is_asked(g->shared, g->halt);

	/* Over before it was seen here: on record all the same. */
	if (halts != g->halts_seen && !halted && !g->halted) {
		note(g, "halted");
		note(g, "let go on");
	}
	g->halts_seen = halts;
	atomic_store(&g->shared->halted, halted);
	/* Somebody halted it meanwhile: that stands until it is looked at next. */
	if (atomic_load(&g->shared->halts) != halts)
		atomic_store(&g->shared->halted, 1);
	halt_remember(g->shared, g->halted_by);
	if (g->halted == halted)
		return;
	g->halted = halted;
	note(g, halted ? "halted" : "let go on");
	log_warning("gateway: %s", halted ? "HALTED; every exchange is refused" : "goes on");
}

/* And a steward that could not be started is missed no longer than that. */
static void save_now_and_then(struct gateway *g)
{
	int64_t now_ms = time_monotonic_ms();

	if (now_ms < g->save_at_ms)
		return;
	g->save_at_ms = now_ms + SAVE_MS;
	usage_save(g->config);
	if (g->steward <= 0 && g->control >= 0)
		start_steward(g);
}

/* Once: what of the confinement of its workers this machine cannot give. */
static void tell_gaps(struct gateway *g)
{
	unsigned gaps = atomic_load(&g->shared->gaps);
	char missing[160], what[240];

	if (gaps == g->gaps_told)
		return;
	g->gaps_told = gaps;
	confine_describe(gaps, missing, sizeof missing);
	log_warning("gateway: WORKERS ARE NOT FULLY CONFINED on this machine: %s", missing);
	snprintf(what, sizeof what, "workers are not fully confined: %s", missing);
	note(g, what);
}

static bool has_same_ledger(const struct config *old, const struct config *fresh)
{
	bool same = strcmp(fresh->ledger, old->ledger) == 0;

	if (!same)
		log_error("%s: names another ledger, which only a new start can take", fresh->path);
	return same;
}

/* All or nothing: with a mistake in it, the old configuration stays. */
static void reload(struct gateway *g)
{
	struct config *fresh = g->config->from_file ? config_load(g->config->path) : NULL;
	struct signer signer;

	if (!fresh || !has_same_ledger(g->config, fresh) || !config_identity(fresh) || !sockets_open(&g->sockets, fresh, g->workers) || !sockets_listen(g->sockets) ||
	    !signer_start(&signer, fresh, NULL, 0)) {
		log_error("gateway: the configuration stays as it was%s", fresh ? "" : g->config->from_file ? "; it cannot be read again" : ": it is not in a file that could be read again");
		sockets_close_others(&g->sockets, g->config);
		config_destroy(fresh);
		return;
	}
	struct config *old = g->config;
	usage_hand_over(g->config, fresh);
	identity_follow(fresh->identity, old->identity, time_now_ms());
	identity_refresh(fresh->identity, time_now_ms());
	g->config = fresh;
	signer_let_go(&g->signer);
	g->signer = signer;
	g->signer_at_ms = g->certificates_at_ms = 0;
	atomic_store(&g->shared->signer_lost, 0);
	sockets_close_others(&g->sockets, g->config);
	atomic_fetch_add(&g->shared->generation, 1);
	for (unsigned i = 0; i < SLOTS_MOST; i++)
		g->slots[i].restart_at_ms = 0;
	if (!start_workers(g))
		log_error("gateway: %u of %u workers run; the others are started when they can be", atomic_load(&g->shared->workers), g->workers);
	/* Another takes the steward's place, that knows what is new: at once, for this process may have to wait for something next. */
	atomic_fetch_add(&g->shared->stewards, 1);
	start_steward(g);
	note(g, "configuration read again");
	log_note("gateway: the configuration was read again");
	config_destroy(old);
}

static void take_signal(struct gateway *g, uint32_t number)
{
	if (number == SIGHUP && !g->leaving) {
		reload(g);
	} else if ((number == SIGTERM || number == SIGINT) && !g->leaving) {
		g->leaving = true;
		note(g, "ends");
		atomic_store(&g->shared->leaving, 1);
	}
}

static int watch_over(struct gateway *g)
{
	struct pollfd signals = {.fd = g->signals, .events = POLLIN};
	struct signalfd_siginfo info;
	bool going = true;

	while (going && (somebody_works(g) || !g->leaving)) {
		poll(&signals, 1, LOOK_MS);
		while (read(g->signals, &info, sizeof info) == sizeof info)
			take_signal(g, info.ssi_signo);
		if (atomic_exchange(&g->shared->reload_asked, 0) && !g->leaving)
			reload(g);
		look_whether_halted(g);
		tell_gaps(g);
		errands_run(&g->errands, g->config, leave_ends, g);
		save_now_and_then(g);
		going = reap(g);
		if (!g->leaving && atomic_load(&g->shared->workers) < g->workers)
			start_workers(g);
		restart_signer(g);
		look_at_certificates(g);
		health_tell(g->config);
	}
	return g->leaving && going ? 0 : 2;
}

/* ---- begin and end ---- */

/* A connection is a descriptor: as many as the system lets us have. */
static void take_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

static int take_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int end(struct gateway *g, int status)
{
	int recorder = 0;

	kill_workers(g);
	if (g->save_at_ms)
		usage_save(g->config);
	if (g->steward > 0) {
		kill(g->steward, SIGKILL);
		waitpid(g->steward, NULL, 0);
	}
	if (g->recorder > 0) {
		close(g->recorder_socket);
		waitpid(g->recorder, &recorder, 0);
	}
	sockets_close(&g->sockets);
	signer_let_go(&g->signer);
	config_destroy(g->config);
	free(g);
	return recorder != 0 ? 2 : status;
}

static bool open_sessions(struct gateway *g)
{
	bool good = mcp_sessions_open(g->config->ledger, g->shared->mcp_sessions);

	if (!good)
		log_error("%s/sessions: is no key of sessions, and none can be made: %m; without that file a new one is, and clients begin their sessions again", g->config->ledger);
	return good;
}

int gateway_run(struct config *config)
{
	struct gateway *g = calloc(1, sizeof *g);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (!g)
		abort();
	g->config = config;
	snprintf(g->halt, sizeof g->halt, "%s/halt", config->ledger);
	snprintf(g->halted_by, sizeof g->halted_by, "%s/halted", config->ledger);
	if (config->log_as_json)
		log_as_json();
	g->shared = shared_create();
	halt_take_signal(g->shared);
	g->holds = holds_create();
	g->restart_after_ms = RESTART_MS / 2;
	g->signer.control = g->control = -1;
	for (unsigned i = 0; i < SLOTS_MOST; i++)
		g->slots[i].signer = -1;
	g->workers = config->workers ? config->workers : cores < 1 ? 1 : cores > WORKERS_MOST ? WORKERS_MOST : (unsigned)cores;
	take_descriptors();
	g->signals = take_signals();
	if (!sockets_open(&g->sockets, config, g->workers) || !start_recorder(g) || !open_sessions(g) || !config_identity(config) || !usage_restore(config))
		return end(g, 2);
	sockets_close_others(&g->sockets, g->config);
	identity_refresh(config->identity, time_now_ms());
	note(g, "begins");
	halt_recall(g->shared, g->halted_by);
	look_whether_halted(g);         /* before anybody comes in */
	start_steward(g);
	if (!sockets_listen(g->sockets) || !signer_start(&g->signer, config, NULL, 0) || !start_workers(g))
		return end(g, 2);
	for (size_t i = 0; i < config->listener_count; i++)
		log_note("gateway: listens on %s, in front of %s", config->listeners[i].address, config->upstreams[0].servers[0].url);
	return end(g, watch_over(g));
}
