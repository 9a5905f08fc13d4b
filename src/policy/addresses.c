#include "policy/addresses.h"

#include "base/sixteen.h"
#include "base/status.h"

enum { SLASHES_MOST = 32 };

struct bytes address_host(const struct address *a)
{
	return (struct bytes){(const unsigned char *)a->host, a->len};
}

/* ---- hosts ---- */

static void unreadable(struct address *out)
{
	out->host[0] = '?';
	out->len = 1;
}

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool is_letter(unsigned char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_host_byte(unsigned char c, bool bracketed)
{
	return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_' || (bracketed && (c == ':' || c == '[' || c == ']'));
}

/* Without the port; a colon inside brackets is none. */
static struct bytes without_port(struct bytes host)
{
	size_t digits = 0;

	while (digits < host.len && is_digit(host.at[host.len - 1 - digits]))
		digits++;
	if (digits < host.len && host.at[host.len - 1 - digits] == ':')
		host.len -= digits + 1;
	return host;
}

/* 0 to 255, written as everybody writes it. */
static bool is_plain_part(struct bytes part)
{
	unsigned n = 0;

	if (part.len == 0 || part.len > 3 || (part.len > 1 && part.at[0] == '0'))
		return false;
	for (size_t i = 0; i < part.len; i++)
		n = is_digit(part.at[i]) ? 10 * n + (unsigned)(part.at[i] - '0') : 256;
	return n < 256;
}

/* An address of numbers in one of the forms that some readers know beside a.b.c.d: a name on a list would not fit the same host. */
static bool is_odd_number(struct bytes host)
{
	struct bytes last = bytes_after_last(host, '.');
	unsigned parts = 0, plain = 0;

	if (host.len > 0 && host.at[0] == '[')
		return bytes_contain(host, BYTES(".")) || bytes_contain(host, BYTES(":ffff:"));
	if (last.len == 0 || !is_digit(last.at[0]))
		return false;
	for (size_t i = 0; i < last.len; i++)
		if (!is_digit(last.at[i]) && !bytes_start_with(last, BYTES("0x")))
			return false;
	for (; host.len > 0; parts++) {
		size_t len = bytes_find_byte(host, '.');
		plain += is_plain_part(bytes_slice(host, 0, len));
		host = bytes_from(host, len + 1);
	}
	return parts != 4 || plain != 4;
}

/* user:password@HOST:port */
static void read_authority(struct bytes authority, struct address *out)
{
	struct bytes host = without_port(bytes_after_last(authority, '@'));
	bool bracketed = host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';

	if (host.len > 1 && host.at[host.len - 1] == '.')
		host.len--;
	out->len = 0;
	for (size_t i = 0; i < host.len && host.len < sizeof out->host; i++) {
		if (!is_host_byte(host.at[i], bracketed))
			break;
		out->host[out->len++] = (char)lower(host.at[i]);
	}
	if (out->len == 0 || out->len != host.len || is_odd_number(address_host(out)))
		unreadable(out);
}

static const char *const schemes[] = {"https", "http", "wss", "ws", "ftp"};

static bool ends_in_scheme(struct bytes text)
{
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		size_t len = strlen(schemes[i]);
		if (text.len >= len && bytes_equal_folded(bytes_from(text, text.len - len), bytes_of(schemes[i])))
			return true;
	}
	return false;
}

bool address_read(struct bytes text, struct address *out)
{
	size_t colon = bytes_find_byte(text, ':'), end;
	struct bytes rest = bytes_from(text, colon + 3);
	bool known = false;

	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		known |= bytes_equal_folded(bytes_slice(text, 0, colon), bytes_of(schemes[i]));
	if (!known || !bytes_start_with(bytes_from(text, colon), BYTES("://")))
		return false;
	for (end = 0; end < rest.len && rest.at[end] != '/' && rest.at[end] != '?' && rest.at[end] != '#'; end++)
		if (rest.at[end] <= ' ' || rest.at[end] == '\\')
			return false;
	read_authority(bytes_slice(rest, 0, end), out);
	return out->host[0] != '?';
}

/* ---- in a text ---- */

/* Ends an address for every reader. */
static bool is_end(unsigned char c)
{
	return c <= ' ' || c == 0x7f || c == '"' || c == '<' || c == '>' || c == '`';
}

/* Ends one in prose and Markdown, but not for who takes the text for one address. */
static bool is_doubtful_end(unsigned char c)
{
	return c < 0x80 && strchr("()[]{}|,;'*", c) != NULL;
}

static bool is_slash(unsigned char c)
{
	return c == '/' || c == '\\';
}

static void keep(struct addresses *s, unsigned char c)
{
	if (s->len < sizeof s->text)
		s->text[s->len] = c;
	s->len++;
}

static void find(struct addresses *s, bool readable, addresses_found *found, void *owner)
{
	struct address address;

	if (readable && s->len <= sizeof s->text)
		read_authority((struct bytes){s->text, s->len}, &address);
	else
		unreadable(&address);
	s->stage = ADDRESS_REST;
	found(owner, &address, s->from, s->now);
}

static void begin(struct addresses *s, enum address_stage stage)
{
	s->stage = stage;
	s->len = 0;
	s->slashes = 0;
}

static void take_outside(struct addresses *s, unsigned char c, addresses_found *found, void *owner)
{
	s->stage = ADDRESS_NONE;
	s->target = false;
	if (c == '@' && s->doubtful) {
		s->from = s->now;
		s->now++;
		find(s, false, found, owner);
		s->now--;
		s->doubtful = false;
		return;
	}
	if (is_end(c) || is_slash(c) || c == '?' || c == '#')
		s->doubtful = false;
	if (c == '(' && s->before == ']') {
		begin(s, ADDRESS_TARGET);
		s->from = s->now + 1;
	}
	if (!is_letter(c))
		return;
	begin(s, ADDRESS_SCHEME);
	s->from = s->now;
	keep(s, c);
}

static void take_target(struct addresses *s, unsigned char c, addresses_found *found, void *owner)
{
	if (s->slashes == 0 && (c == ' ' || c == '<' || c == '\n' || c == '\t')) {
		s->from = s->now + 1;
		return;
	}
	if (c == '&' || (c == '\\' && s->slashes == 0)) {
		find(s, false, found, owner);
		return;
	}
	if (is_slash(c) && ++s->slashes == 2) {
		begin(s, ADDRESS_SLASHES);
		s->slashes = 2;
		return;
	}
	if (is_slash(c))
		return;
	if (s->slashes > 0) {
		take_outside(s, c, found, owner);
		return;
	}
	take_outside(s, c, found, owner);
	s->target = s->stage == ADDRESS_SCHEME;
}

static void take_scheme(struct addresses *s, unsigned char c, addresses_found *found, void *owner)
{
	if (is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.') {
		/* Only its end counts: it never gets too long. */
		if (s->len == 16) {
			memmove(s->text, s->text + 8, 8);
			s->len = 8;
		}
		keep(s, c);
	} else if (c == ':') {
		s->plain = ends_in_scheme((struct bytes){s->text, s->len});
		begin(s, ADDRESS_SLASHES);
	} else if (s->target && (c == '&' || c == '\\')) {
		find(s, false, found, owner);
	} else {
		take_outside(s, c, found, owner);
	}
}

static void take_slashes(struct addresses *s, unsigned char c, addresses_found *found, void *owner)
{
	if (is_slash(c) && s->slashes < SLASHES_MOST) {
		s->slashes++;
	} else if (is_slash(c)) {
		find(s, false, found, owner);
	} else if (s->target && c == '&') {
		find(s, false, found, owner);
	} else if ((s->slashes >= 2 || s->plain) && !is_end(c) && (c == '[' || !is_doubtful_end(c))) {
		begin(s, ADDRESS_AUTHORITY);
		keep(s, c);
	} else {
		take_outside(s, c, found, owner);
	}
}

static void take_authority(struct addresses *s, unsigned char c, addresses_found *found, void *owner)
{
	bool bracket = (c == ']' || c == '[') && s->text[0] == '[';

	if (s->target && c == '&') {
		find(s, false, found, owner);
	} else if (is_end(c) || c == '/' || c == '?' || c == '#' || c == '\\') {
		find(s, c != '\\', found, owner);
		if (is_end(c))
			take_outside(s, c, found, owner);
	} else if (is_doubtful_end(c) && !bracket) {
		find(s, true, found, owner);
		s->doubtful = true;
		take_outside(s, c, found, owner);
	} else {
		keep(s, c);
		if (s->len > sizeof s->text)
			find(s, false, found, owner);
	}
}

static void take(struct addresses *s, unsigned char c, addresses_found *found, void *owner)
{
	switch (s->stage) {
	case ADDRESS_NONE: take_outside(s, c, found, owner); break;
	case ADDRESS_TARGET: take_target(s, c, found, owner); break;
	case ADDRESS_SCHEME: take_scheme(s, c, found, owner); break;
	case ADDRESS_SLASHES: take_slashes(s, c, found, owner); break;
	case ADDRESS_AUTHORITY: take_authority(s, c, found, owner); break;
	case ADDRESS_REST:
		if (is_end(c) || is_doubtful_end(c))
			take_outside(s, c, found, owner);
		break;
	}
	s->before = c;
}

void addresses_begin(struct addresses *s)
{
	memset(s, 0, offsetof(struct addresses, text));
}

/* Without one of these no address begins, ends or is made: words are only passed over. */
static bool is_mark(unsigned char c)
{
	return c == ':' || c == '/' || c == '(' || c == '&' || c == '@' || (c >= '[' && c <= ']');
}

static size_t next_mark(struct bytes part, size_t at)
{
	for (; at + sizeof(sixteen) <= part.len; at += sizeof(sixteen)) {
		sixteen here = sixteen_from(part.at + at);
		size_t first = sixteen_first((here == ':') | (here == '/') | (here == '(') | (here == '&') | (here == '@') | ((here >= '[') & (here <= ']')));
		if (first < sizeof(sixteen))
			return at + first;
	}
	while (at < part.len && !is_mark(part.at[at]))
		at++;
	return at;
}

/* Where the last word before `end` begins: at the blank in front of it. */
static size_t last_blank(struct bytes part, size_t at, size_t end)
{
	while (end > at && part.at[end - 1] != ' ')
		end--;
	return end > at ? end - 1 : at;
}

void addresses_add(struct addresses *s, struct bytes part, addresses_found *found, void *owner)
{
	size_t clear = 0;           /* up to here there is no mark that was not looked at */

	for (size_t i = 0; i < part.len; i++, s->now++) {
		bool outside = s->stage == ADDRESS_NONE || (s->stage == ADDRESS_SCHEME && !s->target);
		if (outside && i >= clear) {
			size_t mark = next_mark(part, i), blank = last_blank(part, i, mark);
			clear = mark + 1;
			s->now += blank - i;
			s->before = blank > i ? part.at[blank - 1] : s->before;
			i = blank;
		}
		take(s, part.at[i], found, owner);
		if (s->stage == ADDRESS_REST)
			found(owner, NULL, s->now, s->now + 1);
	}
}

void addresses_end(struct addresses *s, addresses_found *found, void *owner)
{
	if (s->stage == ADDRESS_AUTHORITY)
		find(s, true, found, owner);
	s->stage = ADDRESS_NONE;
}

static bool begins_scheme(const struct addresses *s)
{
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (bytes_equal_folded((struct bytes){s->text, s->len}, bytes_slice(bytes_of(schemes[i]), 0, s->len)))
			return true;
	return false;
}

/* Any word may turn out to be a scheme; only the usual ones are worth waiting for, as it is the host that matters. */
uint64_t addresses_open(const struct addresses *s)
{
	bool open = s->stage == ADDRESS_AUTHORITY || (s->stage == ADDRESS_SCHEME && begins_scheme(s)) ||
		    (s->stage == ADDRESS_SLASHES && (s->plain || s->slashes >= 2));

	return open ? s->from : s->now;
}
