/* "..." % values, and "...".format(values). */
#include "templates/follower.h"

enum { WIDTH_MOST = 100000 };

struct formatting {
	struct follower *f;
	struct jinja_node *node;
	struct bytes in;
	size_t pos;
	struct text out;
	bool unknown;               /* part of the result cannot be told */
	struct fold seen;           /* whose words and conditions are in it */
};

static void add_character(struct formatting *m, double code)
{
	if (code >= 0 && code < 0x80)
		text_add_byte(&m->out, (char)code);
	else
		m->unknown = true;
}

static unsigned char peek(const struct formatting *m)
{
	return m->pos < m->in.len ? m->in.at[m->pos] : 0;
}

static double take_number(struct formatting *m)
{
	double n = 0;

	for (; peek(m) >= '0' && peek(m) <= '9'; m->pos++)
		n = n * 10 + (peek(m) - '0');
	return n;
}

static void note_width(struct formatting *m, double width)
{
	if (width > WIDTH_MOST)
		follower_cost(m->f, m->node, width, "pads a text to # characters");
	if (width > 0)
		m->unknown = true;
}

static void add_value(struct formatting *m, struct fold v, unsigned char how)
{
	struct fold s = fold_string(m->f->arena, v);
	bool number = v.kind == FOLD_INTEGER || v.kind == FOLD_BOOL;

	m->seen = operate_unknown(FOLD_COMPUTED, m->seen, v);
	if (how == 'c' && number)
		add_character(m, fold_number(v));
	else if ((how == 'x' || how == 'X' || how == 'o') && v.kind == FOLD_INTEGER && v.integer >= 0)
		text_addf(&m->out, how == 'x' ? "%llx" : how == 'X' ? "%llX" : "%llo", (unsigned long long)v.integer);
	else if (s.kind == FOLD_TEXT && (how == 's' || (how == 'c' && v.kind == FOLD_TEXT) || (how == 'd' && number)))
		text_add(&m->out, s.text);
	else
		m->unknown = true;
}

static struct fold finish(struct formatting *m)
{
	struct fold out = m->seen;

	out.kind = m->unknown ? FOLD_COMPUTED : FOLD_TEXT;
	if (!m->unknown)
		out.text = text_bytes(&m->out);
	return out;
}

/* ---- percent ---- */

/* Values are taken one after the other from a tuple, or are one value. */
static struct fold next_value(struct fold values, uint32_t *index)
{
	uint32_t at = (*index)++;

	if (values.kind != FOLD_TUPLE)
		return at == 0 ? values : fold_kind(FOLD_UNKNOWN);
	return at < values.items->count && !values.items->bag ? values.items->at[at] : fold_kind(FOLD_UNKNOWN);
}

static struct fold named_value(struct formatting *m, struct fold values)
{
	struct bytes rest = bytes_from(m->in, m->pos + 1);
	size_t len = bytes_find_byte(rest, ')');
	struct fold *found = values.kind == FOLD_DICT ? fold_member(values, bytes_slice(rest, 0, len)) : NULL;

	m->pos += len + 2;
	return found ? *found : fold_kind(FOLD_UNKNOWN);
}

static double take_width(struct formatting *m, struct fold values, uint32_t *index)
{
	if (peek(m) != '*')
		return take_number(m);
	m->pos++;
	struct fold v = next_value(values, index);
	return fold_is_number(v) ? fold_number(v) : 1;
}

static void take_percent(struct formatting *m, struct fold values, uint32_t *index)
{
	bool named = peek(m) == '(';
	struct fold value = named ? named_value(m, values) : fold_kind(FOLD_NONE);

	while (peek(m) == '#' || peek(m) == '0' || peek(m) == '-' || peek(m) == ' ' || peek(m) == '+') {
		m->unknown = true;
		m->pos++;
	}
	note_width(m, take_width(m, values, index));
	if (peek(m) == '.') {
		m->pos++;
		m->unknown = true;
		note_width(m, take_width(m, values, index));
	}
	while (peek(m) == 'h' || peek(m) == 'l' || peek(m) == 'L')
		m->pos++;
	unsigned char how = peek(m);
	m->pos++;
	if (how == '%')
		text_add_byte(&m->out, '%');
	else
		add_value(m, named ? value : next_value(values, index), how == 'i' || how == 'u' ? 'd' : how);
}

struct fold format_percent(struct follower *f, struct jinja_node *node, struct bytes format, struct fold values)
{
	struct formatting m = {.f = f, .node = node, .in = format, .seen = fold_kind(FOLD_TEXT)};
	uint32_t index = 0;

	text_init(&m.out, f->arena);
	while (m.pos < format.len) {
		unsigned char c = format.at[m.pos++];
		if (c == '%')
			take_percent(&m, values, &index);
		else
			text_add_byte(&m.out, (char)c);
	}
	if (!follower_may_make(f, node, (double)m.out.len, "formats a text of # characters"))
		m.unknown = true;
	return finish(&m);
}

/* ---- braces ---- */

static struct fold field_value(struct formatting *m, struct bytes name, const struct arguments *args, uint32_t *index)
{
	bool number = name.len > 0;
	double at = 0;

	for (size_t i = 0; i < name.len; i++) {
		number &= name.at[i] >= '0' && name.at[i] <= '9';
		at = at * 10 + (name.at[i] - '0');
	}
	if (name.len == 0)
		at = (*index)++;
	for (uint32_t i = 0, position = 0; i < args->count; i++) {
		const struct argument *a = &args->at[i];
		if (a->keyword.len > 0 ? bytes_equal(a->keyword, name) : (number || name.len == 0) && position++ == at)
			return a->value;
	}
	m->unknown = true;
	return fold_kind(FOLD_UNKNOWN);
}

/* ".name" and "[item]" of a field reach into the value, past any filter on the syntax of the template. */
static struct fold follow_path(struct formatting *m, struct fold value, struct bytes path)
{
	while (path.len > 0) {
		bool item = path.at[0] == '[';
		size_t len = 0;
		path = bytes_from(path, 1);
		while (len < path.len && (item ? path.at[len] != ']' : path.at[len] != '.' && path.at[len] != '['))
			len++;
		value = evaluate_member(m->f, m->node, value, fold_text(bytes_slice(path, 0, len)), true);
		path = bytes_from(path, len + item);
		m->unknown = true;
	}
	return value;
}

static void take_field(struct formatting *m, struct bytes field, const struct arguments *args, uint32_t *index)
{
	size_t colon = bytes_find_byte(field, ':');
	struct bytes spec = bytes_from(field, colon + 1), name = bytes_slice(field, 0, colon);
	size_t bang = bytes_find_byte(name, '!'), len = 0;
	struct formatting width = {.f = m->f, .node = m->node, .in = spec};

	if (bang < name.len)
		m->unknown |= name.at[name.len - 1] != 's';
	name = bytes_slice(name, 0, bang);
	while (len < name.len && name.at[len] != '.' && name.at[len] != '[')
		len++;
	struct fold value = field_value(m, bytes_slice(name, 0, len), args, index);
	value = follow_path(m, value, bytes_from(name, len));
	while (width.pos < spec.len && (peek(&width) < '1' || peek(&width) > '9'))
		width.pos++;
	note_width(m, take_number(&width));
	if (bytes_find_byte(spec, '{') < spec.len || spec.len > 1)
		m->unknown = true;
	add_value(m, value, spec.len == 1 ? spec.at[0] : 's');
}

/* Length of the field that begins here, nested ones in it too. */
static size_t field_length(struct bytes b)
{
	unsigned open = 1;

	for (size_t i = 0; i < b.len; i++) {
		open += b.at[i] == '{';
		open -= b.at[i] == '}';
		if (open == 0)
			return i;
	}
	return b.len;
}

static void take_nested(struct formatting *m, struct bytes spec, const struct arguments *args, uint32_t *index)
{
	for (size_t at = bytes_find_byte(spec, '{'); at < spec.len; at = bytes_find_byte(spec, '{')) {
		spec = bytes_from(spec, at + 1);
		size_t len = field_length(spec);
		struct bytes field = bytes_slice(spec, 0, len);
		take_field(m, bytes_slice(field, 0, bytes_find_byte(field, '{')), args, index);
		m->unknown = true;
	}
}

struct fold format_braces(struct follower *f, struct jinja_node *node, struct bytes format, const struct arguments *args)
{
	struct formatting m = {.f = f, .node = node, .in = format, .seen = fold_kind(FOLD_TEXT)};
	uint32_t index = 0;

	text_init(&m.out, f->arena);
	while (m.pos < format.len) {
		unsigned char c = format.at[m.pos++];
		bool twice = (c == '{' || c == '}') && peek(&m) == c;
		if (c == '{' && !twice) {
			struct bytes rest = bytes_from(format, m.pos);
			struct bytes field = bytes_slice(rest, 0, field_length(rest));
			m.pos += field.len + 1;
			take_field(&m, field, args, &index);
			take_nested(&m, field, args, &index);
			continue;
		}
		m.pos += twice;
		text_add_byte(&m.out, (char)c);
	}
	if (!follower_may_make(f, node, (double)m.out.len, "formats a text of # characters"))
		m.unknown = true;
	return finish(&m);
}
