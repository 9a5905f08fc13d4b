#include "formats/pickle/numbers.h"

#include <math.h>

/* A text as Python reads integers: white space, sign, base, digits. */
struct digits {
	struct bytes text;
	bool negative;
	unsigned base;
	bool spaces, plus, underscores, prefix, leading_zero;
	bool valid;
};

static bool is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct bytes trim(struct bytes b)
{
	while (b.len > 0 && is_space(b.at[0]))
		b = bytes_from(b, 1);
	while (b.len > 0 && is_space(b.at[b.len - 1]))
		b.len--;
	return b;
}

static unsigned digit_of(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)c - '0';
	if (c >= 'a' && c <= 'f')
		return (unsigned)c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)c - 'A' + 10;
	return 99;
}

static void read_prefix(struct digits *d)
{
	unsigned char mark = d->text.len > 1 && d->text.at[0] == '0' ? d->text.at[1] | 0x20 : 0;

	d->base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
	d->prefix = d->base != 10;
	if (d->prefix)
		d->text = bytes_from(d->text, 2);
}

static bool digits_are_valid(struct digits *d)
{
	bool after_digit = d->prefix;       /* an underscore may follow a prefix */
	bool any = false;

	for (size_t i = 0; i < d->text.len; i++) {
		bool underscore = d->text.at[i] == '_';
		if (underscore ? !after_digit : digit_of(d->text.at[i]) >= d->base)
			return false;
		d->underscores |= underscore;
		after_digit = !underscore;
		any |= !underscore;
	}
	return any && after_digit;
}

static bool has_nonzero_digit(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] != '0' && text.at[i] != '_')
			return true;
	return false;
}

static struct digits read_digits(struct bytes b, bool any_base)
{
	struct digits d = {.text = trim(b), .base = 10};

	d.spaces = d.text.len != b.len;
	if (d.text.len > 0 && (d.text.at[0] == '-' || d.text.at[0] == '+')) {
		d.negative = d.text.at[0] == '-';
		d.plus = !d.negative;
		d.text = bytes_from(d.text, 1);
	}
	if (any_base)
		read_prefix(&d);
	d.leading_zero = d.text.len > 1 && d.text.at[0] == '0' && !d.prefix;
	d.valid = digits_are_valid(&d);
	return d;
}

/* Little-endian two's complement of any size; quadratic, so very long ones are left unknown. */
static struct value big_value(struct arena *arena, const struct digits *d)
{
	enum { MOST_DIGITS = 4096 };
	if (d->text.len > MOST_DIGITS)
		return (struct value){.kind = VALUE_UNKNOWN, .holds = HOLDS_UNKNOWN};
	size_t len = d->text.len / 2 + 2;       /* at most 4 bits a digit, and a sign */
	unsigned char *at = arena_alloc(arena, len, 1);

	for (size_t i = 0; i < d->text.len; i++) {
		if (d->text.at[i] == '_')
			continue;
		unsigned carry = digit_of(d->text.at[i]);
		for (size_t k = 0; k < len; k++) {
			carry += at[k] * d->base;
			at[k] = (unsigned char)carry;
			carry >>= 8;
		}
	}
	unsigned carry = 1;
	for (size_t k = 0; d->negative && k < len; k++) {
		carry += (unsigned char)~at[k];
		at[k] = (unsigned char)carry;
		carry >>= 8;
	}
	return number_from_bytes((struct bytes){at, len});
}

static struct value digits_value(struct arena *arena, const struct digits *d)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < d->text.len; i++) {
		if (d->text.at[i] == '_')
			continue;
		unsigned digit = digit_of(d->text.at[i]);
		if (sum > ((uint64_t)INT64_MAX - digit) / d->base)
			return big_value(arena, d);
		sum = sum * d->base + digit;
	}
	return (struct value){.kind = VALUE_INT, .integer = d->negative ? -(int64_t)sum : (int64_t)sum};
}

struct value number_from_bytes(struct bytes b)
{
	struct value v = {.kind = VALUE_INT};
	uint64_t sum = 0;
	unsigned char sign = b.len > 0 && b.at[b.len - 1] & 0x80 ? 0xFF : 0;

	while (b.len > 1 && b.at[b.len - 1] == sign && (b.at[b.len - 2] & 0x80) == (sign & 0x80))
		b.len--;
	if (b.len > sizeof sum)
		return (struct value){.kind = VALUE_INT, .holds = HOLDS_BIG_INT,
				      .len = b.len > UINT32_MAX ? UINT32_MAX : (uint32_t)b.len, .at = b.at};
	for (size_t i = 0; i < sizeof sum; i++)
		sum |= (uint64_t)(i < b.len ? b.at[i] : sign) << (8 * i);
	v.integer = (int64_t)sum;
	return v;
}

/* What is left for the C unpickler, which stops at a NUL; the Python one refuses it. */
static struct bytes cut_at_nul(struct bytes line, bool *had_nul)
{
	size_t len = bytes_find_byte(line, 0);

	*had_nul = len < line.len;
	return bytes_slice(line, 0, len);
}

static struct number read_integer(struct arena *arena, struct bytes line, bool any_base)
{
	bool nul;
	struct bytes text = cut_at_nul(line, &nul);
	struct digits d = read_digits(text, any_base);
	bool octal = any_base && d.leading_zero && has_nonzero_digit(d.text);
	struct number n = {.unusual = nul || d.spaces || d.plus || d.underscores || d.prefix || d.leading_zero};

	if (!d.valid)
		return n;
	n.value = digits_value(arena, &d);
	n.in_c = !octal;
	n.in_python = !nul && !octal;
	return n;
}

/* strtol reads a leading zero as octal before Python's rules are asked. */
static struct number read_octal(struct arena *arena, struct bytes line)
{
	bool nul;
	struct bytes text = cut_at_nul(line, &nul);
	struct digits d = read_digits(text, false);

	d.base = 8;
	if (text.len == 0 && nul)
		return (struct number){.value = {.kind = VALUE_INT}, .in_c = true, .unusual = true};
	if (!d.leading_zero || !digits_are_valid(&d) || d.underscores || is_space(text.at[text.len - 1]))
		return (struct number){.unusual = true};
	return (struct number){.value = digits_value(arena, &d), .in_c = true, .unusual = true};
}

struct number number_from_int(struct arena *arena, struct bytes line)
{
	if (bytes_same(line, "00") || bytes_same(line, "01"))
		return (struct number){.value = {.kind = VALUE_BOOL, .integer = line.at[1] == '1'}, .in_c = true, .in_python = true};
	struct number n = read_integer(arena, line, true);
	return n.in_c || line.len == 0 ? n : read_octal(arena, line);
}

struct number number_from_long(struct arena *arena, struct bytes line)
{
	bool marked = line.len > 0 && line.at[line.len - 1] == 'L';
	struct number n = read_integer(arena, marked ? bytes_slice(line, 0, line.len - 1) : line, true);

	n.unusual |= !marked;
	return n;
}

struct number number_from_index(struct arena *arena, struct bytes line)
{
	return read_integer(arena, line, false);
}

/* Of digits[.digits][e[sign]digits], to show it: the last digits may be off. */
static double float_value(struct bytes t)
{
	double value = 0, exponent = 0, sign = t.len > 0 && t.at[0] == '-' ? -1 : 1;
	size_t end = 0, point;

	while (end < t.len && (t.at[end] | 0x20) != 'e')
		end++;
	point = bytes_find_byte(bytes_slice(t, 0, end), '.');
	for (size_t i = 0; i < end; i++)
		if (t.at[i] >= '0' && t.at[i] <= '9') {
			value = value * 10 + (t.at[i] - '0');
			exponent -= i > point;
		}
	double told = 0, told_sign = end + 1 < t.len && t.at[end + 1] == '-' ? -1 : 1;
	for (size_t i = end; i < t.len; i++)
		if (t.at[i] >= '0' && t.at[i] <= '9' && told < 100000)
			told = told * 10 + (t.at[i] - '0');
	return value == 0 ? 0 : sign * value * pow(10, exponent + told_sign * told);
}

/* digits[.digits][e[sign]digits], or one of the words. */
static bool is_float(struct bytes t, bool *underscores)
{
	static const char *const words[] = {"inf", "infinity", "nan"};
	bool digits = false, dot = false, exponent = false;

	if (t.len > 0 && (t.at[0] == '-' || t.at[0] == '+'))
		t = bytes_from(t, 1);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (bytes_equal_folded(t, bytes_of(words[i])))
			return true;
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = t.at[i];
		bool sign_here = (c == '+' || c == '-') && i > 0 && (t.at[i - 1] | 0x20) == 'e';
		if (c >= '0' && c <= '9')
			digits = true;
		else if (c == '.' && !dot && !exponent)
			dot = true;
		else if ((c | 0x20) == 'e' && digits && !exponent)
			exponent = true, digits = false;
		else if (c == '_' && digits)
			*underscores = true;
		else if (!sign_here)
			return false;
	}
	return digits;
}

struct number number_from_float(struct bytes line)
{
	bool nul, underscores = false;
	struct bytes text = cut_at_nul(line, &nul);
	bool spaces = trim(text).len != text.len;
	bool valid = is_float(trim(text), &underscores);

	return (struct number){
		.value = {.kind = VALUE_FLOAT, .real = valid ? float_value(trim(text)) : 0},
		.in_c = valid && !underscores && !spaces,
		.in_python = valid && !nul,
		.unusual = nul || underscores || spaces,
	};
}
