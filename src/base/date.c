#include "base/date.h"

#include <time.h>

/* So many digits, zeros first, and what follows them. */
static void add_digits(struct text *t, int number, size_t count, char after)
{
	char *at = text_reserve(t, count + 1);

	for (size_t i = count; i-- > 0; number /= 10)
		at[i] = (char)('0' + number % 10);
	at[count] = after;
	t->len += count + 1;
}

void text_add_time(struct text *t, int64_t at_ms)
{
	time_t seconds = (time_t)(at_ms / 1000);
	struct tm parts;

	gmtime_r(&seconds, &parts);
	add_digits(t, parts.tm_year + 1900, 4, '-');
	add_digits(t, parts.tm_mon + 1, 2, '-');
	add_digits(t, parts.tm_mday, 2, 'T');
	add_digits(t, parts.tm_hour, 2, ':');
	add_digits(t, parts.tm_min, 2, ':');
	add_digits(t, parts.tm_sec, 2, '.');
	add_digits(t, (int)(at_ms % 1000), 3, 'Z');
}

void text_add_duration(struct text *t, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
	size_t i = 0;

	while (ms % units[i].ms != 0)
		i++;
	text_addf(t, "%lld%s", (long long)(ms / units[i].ms), units[i].name);
}

static bool read_digits(struct bytes *b, size_t count, int *out)
{
	*out = 0;
	for (size_t i = 0; i < count; i++) {
		if (i >= b->len || b->at[i] < '0' || b->at[i] > '9')
			return false;
		*out = *out * 10 + (b->at[i] - '0');
	}
	*b = bytes_from(*b, count);
	return true;
}

static bool read_byte(struct bytes *b, char byte)
{
	if (b->len == 0 || b->at[0] != (unsigned char)byte)
		return false;
	*b = bytes_from(*b, 1);
	return true;
}

static bool read_clock(struct bytes *b, struct tm *parts, int *millis)
{
	bool seconds = read_byte(b, 'T') && read_digits(b, 2, &parts->tm_hour) && read_byte(b, ':') &&
		       read_digits(b, 2, &parts->tm_min) && read_byte(b, ':') && read_digits(b, 2, &parts->tm_sec);

	if (!seconds || parts->tm_hour > 23 || parts->tm_min > 59 || parts->tm_sec > 60)
		return false;
	if (read_byte(b, '.') && !read_digits(b, 3, millis))
		return false;
	return read_byte(b, 'Z');
}

/* February has no 30th: whoever writes that means another day than it would be taken for. */
static bool is_day(struct tm parts)
{
	int day = parts.tm_mday;

	timegm(&parts);
	return parts.tm_mday == day;
}

bool time_parse(struct bytes b, int64_t *at_ms)
{
	struct tm parts = {0};
	int millis = 0;
	bool date = read_digits(&b, 4, &parts.tm_year) && read_byte(&b, '-') && read_digits(&b, 2, &parts.tm_mon) &&
		    read_byte(&b, '-') && read_digits(&b, 2, &parts.tm_mday);

	if (!date || parts.tm_mon < 1 || parts.tm_mon > 12 || parts.tm_mday < 1 || parts.tm_mday > 31)
		return false;
	parts.tm_year -= 1900;
	parts.tm_mon -= 1;
	if (!is_day(parts) || (b.len > 0 && !read_clock(&b, &parts, &millis)))
		return false;
	*at_ms = (int64_t)timegm(&parts) * 1000 + millis;
	return b.len == 0;
}
